import { expect, test } from "vitest";
import type { MachineView } from "./api_views.ts";
import { jsonLine, lastLines } from "./report.ts";

const machine: MachineView = {
  systemId: "abc234",
  hostname: "quick-otter",
  status: "Deployed",
  statusChangedAt: "2026-01-01T00:00:00.000Z",
  macs: ["52:54:00:77:00:01"],
  power: { state: "on" },
};

test("the JSON line has the names that scripts rely on", () => {
  const line = jsonLine([{ machine, stages: [{ name: "enlist", seconds: 31.4 }] }], 180_040);
  expect(JSON.parse(line)).toEqual({
    machines: [{
      system_id: "abc234",
      hostname: "quick-otter",
      status: "Deployed",
      stages: [{ name: "enlist", seconds: 31.4 }],
    }],
    total_seconds: 180,
    ok: true,
  });
  expect(line).not.toContain("\n");
});

test("one failed machine makes the whole run fail, with its reason", () => {
  const failure = { code: "bmc.wrong_password", message: "refused", phase: "x", evidence: ["y"] };
  const line = JSON.parse(jsonLine([{ machine, stages: [] }, { stages: [], failure }], 0));
  expect(line.ok).toBe(false);
  expect(line.machines[1]).toEqual({
    system_id: null,
    hostname: null,
    status: null,
    stages: [],
    failure: { code: "bmc.wrong_password", message: "refused" },
  });
});

test("a run that never had machines says why", () => {
  const line = JSON.parse(jsonLine([], 0, { code: "lab.failed", message: "no region" }));
  expect(line).toMatchObject({ ok: false, machines: [], failure: { message: "no region" } });
});

test("lastLines keeps the end, without what would move a terminal's cursor", () => {
  expect(lastLines("a\nb\nc\n\n", 2)).toEqual(["b", "c"]);
  expect(lastLines("\x1b[2J\x1b[01;01H\x1b[=3hSeaBIOS\r\r\n\x07Booting\x1b[?7l\r\n", 5)).toEqual([
    "SeaBIOS",
    "Booting",
  ]);
  expect(lastLines("", 3)).toEqual([]);
});
