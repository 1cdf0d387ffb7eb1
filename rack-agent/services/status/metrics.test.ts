import { expect, test } from "vitest";
import { formatMetrics, metricsOf } from "./metrics.ts";

test("counters become metrics, those by reason with a label", () => {
  const counters = { received: 3, resentWindows: 1, dropped: { "tftp.timeout": 2 }, none: {} };
  expect(formatMetrics(metricsOf("rackwright_tftp", counters))).toBe(
    `# HELP rackwright_tftp_received received of rackwright tftp
# TYPE rackwright_tftp_received gauge
rackwright_tftp_received 3
# HELP rackwright_tftp_resent_windows resentWindows of rackwright tftp
# TYPE rackwright_tftp_resent_windows gauge
rackwright_tftp_resent_windows 1
# HELP rackwright_tftp_dropped dropped of rackwright tftp
# TYPE rackwright_tftp_dropped counter
rackwright_tftp_dropped{reason="tftp.timeout"} 2
`,
  );
});

test("labels are escaped", () => {
  const samples = [{ labels: { a: 'x"y\\z\n' }, value: 1 }];
  expect(formatMetrics([{ name: "n", help: "h", type: "gauge", samples }]))
    .toContain('n{a="x\\"y\\\\z\\n"} 1');
});
