import { expect, test } from "vitest";
import { suggestSubnet } from "./suggest_subnet.ts";

test.each([
  ["10.20.0.1/24", "10.20.0.0/24", "10.20.0.128", "10.20.0.191", "10.20.0.1"],
  ["10.20.7.9/16", "10.20.0.0/16", "10.20.128.0", "10.20.128.199", "10.20.0.1"],
  ["192.168.1.130/24", "192.168.1.0/24", "192.168.1.131", "192.168.1.194", "192.168.1.1"],
  ["10.0.0.2/29", "10.0.0.0/29", "10.0.0.4", "10.0.0.5", "10.0.0.1"],
])("suggestSubnet(%s)", (host, cidr, first, last, gateway) => {
  expect(suggestSubnet(host)).toEqual({ cidr, first, last, gateway });
});

test.each(["10.0.0.1/32", "10.0.0.1/30", "10.0.0.1/7"])("%s is no network to serve", (host) => {
  expect(suggestSubnet(host)).toBeUndefined();
});
