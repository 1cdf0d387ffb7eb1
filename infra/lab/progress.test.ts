import { expect, test } from "vitest";
import type { MachineView, OperationView } from "./api_views.ts";
import { createScreen, describe } from "./progress.ts";

const NOW_MS = Date.parse("2026-01-01T00:02:05.000Z");
const view: MachineView = {
  systemId: "abc234",
  hostname: "quick-otter",
  status: "Deploying",
  statusChangedAt: "2026-01-01T00:00:00.000Z",
  macs: [],
  power: { state: "on" },
};
const operation: OperationView = {
  id: "o-1",
  kind: "deploy",
  state: "running",
  askedAt: "2026-01-01T00:01:00.000Z",
  phase: "install",
  spans: [
    { name: "power", owner: "power", startMs: 0, endMs: 1, bytes: 0 },
    { name: "fetch squashfs", owner: "transfer", startMs: 1, endMs: 2, bytes: 3 },
  ],
};

test("describe tells who, status, phase, what the machine is busy with, and the last event", () => {
  const lastEvent = "fetched squashfs";
  expect(describe("rw-lab-1", { view, operation, lastEvent }, NOW_MS)).toEqual({
    news: "rw-lab-1 quick-otter  Deploying  install: fetch squashfs  fetched squashfs",
    elapsedMs: 65_000,
  });
  expect(describe("rw-lab-1", { view }, NOW_MS).elapsedMs).toBe(125_000);
  expect(describe("rw-lab-1", {}, NOW_MS).news).toContain("unknown");
});

test("describe shows why a machine failed instead of the last event", () => {
  const failure = { code: "install.failed", message: "no disk", phase: "install", evidence: [] };
  const failed = { ...view, status: "Failed deployment", failure };
  const { news } = describe("rw-lab-1", { view: failed, lastEvent: "e" }, NOW_MS);
  expect(news).toBe("rw-lab-1 quick-otter  Failed deployment  install.failed: no disk");
});

test("a terminal gets its lines redrawn in place, cut to its width, below those that stay", () => {
  let out = "";
  const screen = createScreen((text) => out += text, 14);
  screen.paint([{ news: "one is long", elapsedMs: 1000 }]);
  expect(out).toBe("  0:01  one i\n");
  out = "";
  screen.print("kept");
  expect(out).toBe("\x1b[1A\x1b[2Kkept\n  0:01  one i\n");
});

test("a file gets a line only when something other than the time has changed", () => {
  let out = "";
  const screen = createScreen((text) => out += text, undefined);
  screen.paint([{ news: "a", elapsedMs: 0 }, { news: "b", elapsedMs: 0 }]);
  screen.paint([{ news: "a", elapsedMs: 1000 }, { news: "c", elapsedMs: 2000 }]);
  expect(out).toBe("  0:00  a\n  0:00  b\n  0:02  c\n");
});
