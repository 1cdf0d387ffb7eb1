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

test("times become a histogram whose buckets add up, and a list's items are told apart", () => {
  const counters = {
    replyTime: { byPowerOfTwoUs: [1, 0, 2, 4], sumMs: 1.5 },
    sockets: [{ interfaceName: "eth0", drops: 2 }, { interfaceName: "eth1", drops: 0 }],
  };
  expect(formatMetrics(metricsOf("rackwright_dhcp", counters))).toBe(
    `# HELP rackwright_dhcp_reply_time_seconds replyTime of rackwright dhcp
# TYPE rackwright_dhcp_reply_time_seconds histogram
rackwright_dhcp_reply_time_seconds_bucket{le="0.000001"} 1
rackwright_dhcp_reply_time_seconds_bucket{le="0.000002"} 1
rackwright_dhcp_reply_time_seconds_bucket{le="0.000004"} 3
rackwright_dhcp_reply_time_seconds_bucket{le="+Inf"} 7
rackwright_dhcp_reply_time_seconds_sum 0.0015
rackwright_dhcp_reply_time_seconds_count 7
# HELP rackwright_dhcp_sockets_drops drops in sockets of rackwright dhcp
# TYPE rackwright_dhcp_sockets_drops gauge
rackwright_dhcp_sockets_drops{interface_name="eth0"} 2
rackwright_dhcp_sockets_drops{interface_name="eth1"} 0
`,
  );
});
