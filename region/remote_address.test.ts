import { expect, test } from "vitest";
import { remoteAddressOf } from "./remote_address.ts";

const PROXIES = ["127.0.0.1", "10.0.0.2"];

test.each([
  ["192.0.2.7", null, "192.0.2.7", "a client that came by itself"],
  ["192.0.2.7", "198.51.100.9", "192.0.2.7", "a client that claims to be another"],
  ["127.0.0.1", "198.51.100.9", "198.51.100.9", "a client behind our proxy"],
  ["127.0.0.1", "1.2.3.4, 198.51.100.9", "198.51.100.9", "a client behind our proxy that lies"],
  ["127.0.0.1", "1.2.3.4, 198.51.100.9, 10.0.0.2", "198.51.100.9", "two proxies"],
  ["127.0.0.1", null, "127.0.0.1", "the proxy itself"],
  ["127.0.0.1", "10.0.0.2", "10.0.0.2", "a proxy behind a proxy"],
  ["127.0.0.1", "<script>", "127.0.0.1", "nonsense"],
  ["127.0.0.1", ",,", "127.0.0.1", "commas"],
  ["2001:db8::1", null, "2001:db8::1", "IPv6"],
])("remoteAddressOf peer %s with X-Forwarded-For %s is %s: %s", (peer, header, address, _whose) => {
  expect(remoteAddressOf(peer, header, PROXIES)).toBe(address);
});
