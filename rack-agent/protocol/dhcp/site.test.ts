import { expect, test } from "vitest";
import { parseCidr } from "@/shared/net/cidr.ts";
import { parseIpv4 } from "@/shared/net/ipv4.ts";
import { parseMacAddress } from "@/shared/net/mac_address.ts";
import { buildSite, type DhcpSubnet, isDynamic, reservationIn } from "./site.ts";

const mac = parseMacAddress("52:54:00:00:00:01");

function subnet(changes: Partial<DhcpSubnet> = {}): DhcpSubnet {
  return {
    id: 1,
    interfaceName: "eth0",
    cidr: parseCidr("192.0.2.0/24"),
    serverAddress: parseIpv4("192.0.2.1"),
    gateway: parseIpv4("192.0.2.2"),
    dnsServers: [],
    leaseSeconds: 600,
    ranges: [{ first: parseIpv4("192.0.2.0"), last: parseIpv4("192.0.2.255") }],
    ...changes,
  };
}

function range(first: string, last: string) {
  return [{ first: parseIpv4(first), last: parseIpv4(last) }];
}

const refused: [what: string, field: string, subnets: DhcpSubnet[]][] = [
  ["an interface without a name", "subnets[0].interfaceName", [subnet({ interfaceName: "" })]],
  ["a long name", "subnets[0].interfaceName", [subnet({ interfaceName: "x".repeat(16) })]],
  ["a lease of no time", "subnets[0].leaseSeconds", [subnet({ leaseSeconds: 0 })]],
  ["a lease of half seconds", "subnets[0].leaseSeconds", [subnet({ leaseSeconds: 1.5 })]],
  ["a range outside", "subnets[0].ranges[0]", [
    subnet({ ranges: range("192.0.2.9", "192.0.3.1") }),
  ]],
  ["a range backwards", "subnets[0].ranges[0]", [
    subnet({ ranges: range("192.0.2.9", "192.0.2.8") }),
  ]],
  ["the same id", "subnets[1].id", [subnet(), subnet()]],
  ["overlapping networks", "subnets[1].cidr", [subnet(), subnet({ id: 2 })]],
];
for (const [what, field, subnets] of refused) {
  test(`buildSite() refuses ${what}`, () => {
    expect(() => buildSite({ subnets, reservations: [] }))
      .toThrow(expect.objectContaining({ code: "dhcp.config_invalid", field }));
  });
}

test("buildSite() refuses an address promised twice", () => {
  const reservation = { mac, ipv4: parseIpv4("192.0.2.9") };
  expect(() => buildSite({ subnets: [], reservations: [reservation, reservation] }))
    .toThrow(expect.objectContaining({ field: "reservations[1].ipv4" }));
});

test("reservationIn() finds a machine's address subnet by subnet", () => {
  const other = subnet({ id: 2, cidr: parseCidr("198.51.100.0/24"), ranges: [] });
  const here = { mac, ipv4: parseIpv4("192.0.2.9") };
  const there = { mac, ipv4: parseIpv4("198.51.100.9") };
  const site = buildSite({ subnets: [subnet(), other], reservations: [here, there] });
  expect(reservationIn(site, subnet(), { mac })).toBe(here);
  expect(reservationIn(site, other, { mac })).toBe(there);
});

test("isDynamic() leaves out the network's ends, server, gateway and reservations", () => {
  const reservations = [{ mac, ipv4: parseIpv4("192.0.2.9") }];
  const site = buildSite({ subnets: [subnet()], reservations });
  const free = Array.from({ length: 256 }, (_, i) => i)
    .filter((i) => isDynamic(site, subnet(), parseIpv4(`192.0.2.${i}`)));
  expect(free).toHaveLength(256 - 5);
  expect(free).not.toEqual(expect.arrayContaining([0]));
  expect([0, 1, 2, 9, 255].some((i) => free.includes(i))).toBe(false);
  expect(isDynamic(site, subnet({ ranges: [] }), parseIpv4("192.0.2.10"))).toBe(false);
});
