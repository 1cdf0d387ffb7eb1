import { expect, test } from "vitest";
import { countedAddress, delaySecondsAfter } from "./sign_in_delay.ts";

test.each([[0, 0], [4, 0], [5, 1], [6, 2], [9, 16], [14, 512], [15, 900], [5000, 900]])(
  "delaySecondsAfter %i failures, of which five are free, is %i",
  (failures, seconds) => {
    expect(delaySecondsAfter(failures, 5)).toBe(seconds);
  },
);

test.each([
  ["192.0.2.7", "192.0.2.7"],
  ["::ffff:192.0.2.7", "::ffff:192.0.2.7"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
  ["2001:0DB8:0001::1", "2001:db8:1:0::/64"],
  ["2001:db8::1:2:3:4:5", "2001:db8:0:1::/64"],
  ["fe80::1%eth0", "fe80:0:0:0::/64"],
  ["::1", "0:0:0:0::/64"],
])("countedAddress of %s is %s", (address, counted) => {
  expect(countedAddress(address)).toBe(counted);
});
