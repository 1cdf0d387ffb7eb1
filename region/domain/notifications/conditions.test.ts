import { describe, expect, test } from "vitest";
import { agentTooOld, rangeNearlyFull, rotationPending, siteSilence } from "./conditions.ts";

const now = new Date("2026-03-01T12:00:00Z");
const ago = (minutes: number) => new Date(now.getTime() - minutes * 60_000);

describe("siteSilence()", () => {
  const isSilent = (heard: number, published: number | null) =>
    siteSilence({
      id: "s-1",
      name: "One",
      heardAt: ago(heard),
      publishedAt: published === null ? null : ago(published),
    }, { now, silentMinutes: 15 }).length > 0;

  test.each<[string, number, number | null, boolean]>([
    ["idle for hours, and has what was published", 600, 601, false],
    ["idle for hours, and something was published just now", 600, 1, false],
    ["idle for hours, and has not taken what was published", 600, 3, true],
    ["heard of a moment ago, and not with what was published", 14, 3, false],
    ["not heard of for longer than a credential is kept", 26 * 60 + 1, null, true],
    ["quiet for a day, and nothing waits for it", 25 * 60, 25 * 60 + 1, false],
  ])("of a site %s", (_what, heard, published, expected) => {
    expect(isSilent(heard, published)).toBe(expected);
  });
});

describe("agentTooOld()", () => {
  const agent = { id: "a-1", siteId: "s-1", hostname: "rack" };
  test.each([
    ["0.5.0", "0.3.9", false],
    ["0.5.0", "0.2.9", true],
    ["0.5.0", "0.6.0", false],
    ["1.0.0", "0.9.0", true],
    ["0.10.0", "0.9.0", false],
    ["0.5.0", "mine", false],
    ["0.5.0", "", false],
  ])("region %s, agent %s: %s", (region, version, expected) => {
    expect(agentTooOld({ ...agent, version }, region).length > 0).toBe(expected);
  });
});

test("a rotation is pending while there are keys of before", () => {
  expect(rotationPending([])).toEqual([]);
  expect(rotationPending(["k1"])[0]?.message).toContain("rotate-secrets");
});

test("a range without any address left is an error", () => {
  const use = { subnetId: 1, siteId: "s-1", cidr: "10.0.0.0/24", size: 10 };
  expect(rangeNearlyFull({ ...use, used: 9 }).category).toBe("warning");
  expect(rangeNearlyFull({ ...use, used: 10 }).category).toBe("error");
});
