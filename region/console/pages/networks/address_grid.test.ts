import { expect, test } from "vitest";
import {
  cellsOf,
  formatAddress,
  type MapAddress,
  moveBy,
  parseSpan,
  shortLabel,
  sizeOf,
  spanBetween,
  useOf,
} from "./address_grid.ts";

const FREE: MapAddress = {
  ip: "10.0.0.9",
  role: "static",
  promise: null,
  ipAddressId: null,
  isLeased: false,
  mac: null,
  hostname: null,
  systemId: null,
};

test.each<[Partial<MapAddress>, string]>([
  [{}, "free"],
  [{ role: "dynamic" }, "dynamic"],
  [{ role: "dynamic", isLeased: true }, "lease"],
  [{ role: "reserved", promise: "static" }, "machine"],
  [{ promise: "auto", isLeased: true }, "machine"],
  [{ promise: "reservation", isLeased: true }, "reservation"],
  [{ promise: "user" }, "user"],
  [{ role: "gateway" }, "gateway"],
  [{ role: "broadcast" }, "edge"],
])("an address that is %o is shown as %s", (part, use) => {
  expect(useOf({ ...FREE, ...part })).toBe(use);
});

test("a selection is the same in both directions", () => {
  const [a, b] = [{ first: 5n, last: 5n }, { first: 9n, last: 9n }];
  expect(spanBetween(a, b)).toEqual(spanBetween(b, a));
  expect(sizeOf(spanBetween(b, a))).toBe(5n);
});

test("fields make a range only when both are addresses of one family, in order", () => {
  expect(parseSpan("10.0.0.10", " 10.0.0.20 ")).toEqual({ first: 167772170n, last: 167772180n });
  expect(parseSpan("10.0.0.20", "10.0.0.10")).toBeUndefined();
  expect(parseSpan("10.0.0.300", "10.0.0.10")).toBeUndefined();
  expect(parseSpan("10.0.0.1", "2001:db8::1")).toBeUndefined();
  expect(formatAddress(167772170n, 4)).toBe("10.0.0.10");
});

test("cells are called by what differs between them", () => {
  const block = { total: 256, promised: 0, leased: 0, dynamic: 0, reserved: 0 };
  const cells = cellsOf({
    subnetId: 1,
    block: "10.1.0.0/16",
    addresses: null,
    blocks: [{ ...block, cidr: "10.1.7.0/24" }, { ...block, cidr: "10.1.7.16/28" }],
  });
  expect(cells.map(shortLabel)).toEqual(["7", "7.16"]);
  const single = cellsOf({ subnetId: 1, block: "10.0.0.0/24", addresses: [FREE], blocks: null });
  expect(single.map(shortLabel)).toEqual(["9"]);
});

test("arrows stay in the map", () => {
  expect(moveBy(0, "ArrowUp", 16, 256)).toBe(0);
  expect(moveBy(250, "ArrowDown", 16, 256)).toBe(250);
  expect(moveBy(17, "ArrowUp", 16, 256)).toBe(1);
  expect(moveBy(17, "End", 16, 256)).toBe(255);
});
