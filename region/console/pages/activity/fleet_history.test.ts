import { describe, expect, test } from "vitest";
import { fleetHistory, momentsUntil, type PastOperation, quantiles } from "./fleet_history.ts";

const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString();
const moments = [0, 10, 20, 30, 40].map((minute) => Date.parse(at(minute)));
const op = (
  kind: PastOperation["kind"],
  state: PastOperation["state"],
  [asked, ended]: [number, number | undefined],
): PastOperation => ({
  ...{ machine: "m", kind, state, askedAt: at(asked) },
  endedAt: ended === undefined ? null : at(ended),
});
/** The one band that the machine is in at each moment. */
const bands = (operations: PastOperation[], status: "Deployed" | "Broken", since: number) =>
  fleetHistory([{ systemId: "m", status, statusChangedAt: at(since) }], operations, moments)
    .map((row) => Object.entries(row).find(([, count]) => count === 1)?.[0]);

describe("fleetHistory()", () => {
  test("follows a machine through its operations, whatever their order", () => {
    const operations = [
      op("deploy", "done", [25, 35]),
      op("power_off", "done", [36, 37]),
      op("deploy", "failed", [5, 15]),
    ];
    expect(bands(operations, "Deployed", 35))
      .toEqual(["ready", "working", "failed", "working", "deployed"]);
  });

  test("has the last word of what is so now, also where somebody marked it by hand", () => {
    expect(bands([op("commission", "done", [5, 8])], "Broken", 28))
      .toEqual(["other", "ready", "ready", "failed", "failed"]);
  });

  test("counts a machine from when something is known of it", () => {
    expect(bands([], "Deployed", 15))
      .toEqual([undefined, undefined, "deployed", "deployed", "deployed"]);
  });
});

test("momentsUntil() ends now", () => {
  expect(momentsUntil(7_200_000, 2, 3)).toEqual([0, 3_600_000, 7_200_000]);
});

test("quantiles() are of what is there", () => {
  expect(quantiles([])).toBeUndefined();
  expect(quantiles([5, 1, 3, 2, 4, 6, 7, 8, 9, 100])).toEqual({ middle: 5, most: 9 });
});
