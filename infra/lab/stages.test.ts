import { expect, test } from "vitest";
import type { OperationView } from "./api_views.ts";
import { formatElapsed, stagesOf } from "./stages.ts";

const START_MS = Date.parse("2026-01-01T00:00:00.000Z");
const operation = (kind: string, spans: [string, number, number][] = []): OperationView => ({
  id: "o-1",
  kind,
  state: "done",
  askedAt: "2026-01-01T00:00:00.000Z",
  endedAt: "2026-01-01T00:01:40.060Z",
  spans: spans.map(([name, start, end]) => ({
    name,
    owner: "system",
    startMs: START_MS + start * 1000,
    endMs: START_MS + end * 1000,
    bytes: 0,
  })),
});

test("an operation is one stage from the request to its end", () => {
  expect(stagesOf(operation("commission"))).toEqual([{ name: "commission", seconds: 100.1 }]);
});

test("a deployment is two stages, which meet at the restart", () => {
  const deploy = operation("deploy", [["power", 0, 3], ["restart", 55, 60], ["agent", 60, 100]]);
  expect(stagesOf(deploy)).toEqual([
    { name: "install", seconds: 55 },
    { name: "first boot", seconds: 45.1 },
  ]);
});

test("a deployment without a known restart is one stage", () => {
  expect(stagesOf(operation("deploy"))).toEqual([{ name: "deploy", seconds: 100.1 }]);
});

test("an operation that still runs is no stage yet", () => {
  expect(stagesOf({ ...operation("deploy"), endedAt: null })).toEqual([]);
});

test("elapsed time is shown in minutes and seconds", () => {
  expect([0, 7_900, 61_000, 3_600_000, -5].map(formatElapsed)).toEqual([
    "0:00",
    "0:07",
    "1:01",
    "60:00",
    "0:00",
  ]);
});
