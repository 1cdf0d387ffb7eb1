import { expect, test } from "vitest";
import { formatAddress, parseAddress, toggleFilter } from "./view_address.ts";

const ADDRESS =
  "q=gpu&status=Failed+deployment&status=Ready&tag=a%2Cb&sort=-since&group=site&cols=x";

test("a view's address leads back to the view, and other parameters stay", () => {
  const search = new URLSearchParams(ADDRESS);
  const query = parseAddress(search);
  expect(query).toEqual({
    text: "gpu",
    filters: { status: ["Failed deployment", "Ready"], tag: ["a,b"] },
    sort: "since",
    isDescending: true,
    groupBy: "site",
  });
  const back = formatAddress(query, search);
  expect(parseAddress(back)).toEqual(query);
  expect(back.get("cols")).toBe("x");
});

test("an address that somebody mistyped shows the usual", () => {
  const query = parseAddress(new URLSearchParams("sort=-nonsense&group=x&status="));
  expect(query).toMatchObject({ sort: "hostname", groupBy: undefined, filters: {} });
  expect(formatAddress(parseAddress(new URLSearchParams()), new URLSearchParams()).toString()).toBe(
    "",
  );
});

test("a filter that is toggled twice is gone", () => {
  const once = toggleFilter(parseAddress(new URLSearchParams()), "zone", "row 1");
  expect(once.filters).toEqual({ zone: ["row 1"] });
  expect(formatAddress(toggleFilter(once, "zone", "row 1"), new URLSearchParams()).toString()).toBe(
    "",
  );
});
