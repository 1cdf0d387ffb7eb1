import { describe, expect, test } from "vitest";
import * as fc from "fast-check";
import { type IpAddress, ipFromBigint, parseIpAddress } from "@/shared/net/ip_address.ts";
import { parseNetwork } from "@/shared/net/ip_network.ts";
import { refuseBeside } from "./beside.ts";
import type { RecordContent } from "./dns_record.ts";
import { buildReverseZone, reverseZonesOf } from "./reverse_zone.ts";
import { buildZone, formatZone } from "./zone.ts";

const domain = { name: "lab.example", ttl: null };
const record = (
  name: string,
  type: RecordContent["type"],
  data: string,
  ttl: number | null = null,
) => ({ name, type, data, ttl });
const host = (name: string, address: string) => ({ name, address: parseIpAddress(address) });

describe("a domain's zone", () => {
  test("is written line by line", () => {
    const zone = buildZone(domain, [
      record("@", "NS", "ns1.lab.example."),
      record("ns1", "A", "192.0.2.1"),
      record("@", "MX", "10 mail.example.com."),
      record("www", "CNAME", "node-1.lab.example.", 60),
      record("@", "TXT", "v=spf1 -all"),
    ], [host("node-1", "192.0.2.10"), host("node-1", "2001:db8::10")]);
    expect(formatZone(zone, 1_700_000_000)).toBe([
      "$ORIGIN lab.example.",
      "$TTL 300",
      "@\tIN\tSOA\tns1.lab.example. hostmaster.lab.example. 1700000000 3600 600 604800 300",
      "@\tIN\tNS\tns1.lab.example.",
      "@\tIN\tMX\t10 mail.example.com.",
      '@\tIN\tTXT\t"v=spf1 -all"',
      "node-1\tIN\tA\t192.0.2.10",
      "node-1\tIN\tAAAA\t2001:db8::10",
      "ns1\tIN\tA\t192.0.2.1",
      "www\t60\tIN\tCNAME\tnode-1.lab.example.",
      "",
    ].join("\n"));
  });

  test("without an NS record is answered for by who loads it, and says so", () => {
    const text = formatZone(buildZone({ ...domain, ttl: 60 }, [], []), 1);
    expect(text).toContain("; No NS record at @");
    expect(text).toContain("$TTL 60\n@\tIN\tSOA\tlocalhost. hostmaster.lab.example. 1 ");
    expect(text).toContain("@\tIN\tNS\tlocalhost.\n");
  });

  test("leaves out the addresses of a host whose name is an alias, and says so", () => {
    const records = [record("node-1", "CNAME", "elsewhere.example.")];
    const zone = buildZone(domain, records, [host("node-1", "192.0.2.10")]);
    expect(zone.records).toEqual(records);
    expect(zone.comments).toContain(
      "node-1: its addresses are left out, for there is a CNAME",
    );
  });

  test("has each record once, and one TTL for those of a name and type: the shortest", () => {
    const records = [record("a", "A", "192.0.2.1", 900), record("a", "A", "192.0.2.2", 60)];
    const hosts = [host("a", "192.0.2.1"), host("a", "192.0.2.3")];
    expect(buildZone(domain, records, hosts).records).toEqual([
      record("a", "A", "192.0.2.1", 60),
      record("a", "A", "192.0.2.2", 60),
      record("a", "A", "192.0.2.3", 60),
    ]);
    // A host's own is the zone's, 300.
    expect(buildZone(domain, records.slice(0, 1), hosts).records.map(({ ttl }) => ttl))
      .toEqual([null, null]);
  });

  test("is refused when a name server in it has no address, which no server would load", () => {
    const refused = (...records: ReturnType<typeof record>[]) => () =>
      buildZone(domain, records, [host("ns2", "192.0.2.2")]);
    expect(refused(record("@", "NS", "ns1.lab.example."))).toThrow(
      "NS records name ns1.lab.example., which lies in it and has no address; add an A or AAAA",
    );
    expect(refused(record("sub", "NS", "ns.sub.lab.example."))).toThrow("ns.sub.lab.example.");
    expect(refused(record("@", "NS", "lab.example."))).toThrow("lab.example.");
    // A host's address will do, and what lies elsewhere is not ours to know.
    expect(refused(record("@", "NS", "ns2.lab.example."))).not.toThrow();
    expect(refused(record("@", "NS", "ns.otherlab.example."))).not.toThrow();
  });
});

describe("refuseBeside()", () => {
  const alias = { name: "www", type: "CNAME", data: "a.example." } as const;
  const address = { name: "www", type: "A", data: "192.0.2.1" } as const;
  const around = { domain: "lab.example", host: undefined };

  test("lets a CNAME stand alone only", () => {
    expect(() => refuseBeside(alias, [], around)).not.toThrow();
    expect(() => refuseBeside(alias, [address], around)).toThrow("has records already (A)");
    expect(() => refuseBeside(alias, [alias], around)).toThrow("has records already (CNAME)");
    expect(() => refuseBeside(address, [alias], around)).toThrow(
      "is an alias of a.example. already",
    );
    expect(() => refuseBeside(address, [{ ...address, data: "192.0.2.2" }], around)).not.toThrow();
  });

  test("lets none stand at the domain itself, nor at a machine's name", () => {
    expect(() => refuseBeside({ ...alias, name: "@" }, [], around)).toThrow("SOA, NS");
    expect(() => refuseBeside(alias, [], { ...around, host: "machine abc123" }))
      .toThrow("www is the name of machine abc123");
    expect(() => refuseBeside(address, [], { ...around, host: "machine abc123" })).not.toThrow();
  });
});

describe("reverseZonesOf()", () => {
  test.each([
    ["10.0.0.0/8", ["10.in-addr.arpa"]],
    ["172.16.0.0/15", ["16.172.in-addr.arpa", "17.172.in-addr.arpa"]],
    ["172.16.0.0/16", ["16.172.in-addr.arpa"]],
    ["10.1.2.0/23", ["2.1.10.in-addr.arpa", "3.1.10.in-addr.arpa"]],
    ["192.0.2.0/24", ["2.0.192.in-addr.arpa"]],
    ["192.0.2.64/26", ["64-26.2.0.192.in-addr.arpa"]],
    ["192.0.2.7/32", ["7-32.2.0.192.in-addr.arpa"]],
    ["2001:db8::/32", ["8.b.d.0.1.0.0.2.ip6.arpa"]],
    ["2001:db8::/31", ["8.b.d.0.1.0.0.2.ip6.arpa", "9.b.d.0.1.0.0.2.ip6.arpa"]],
    ["2001:db8:1:2::/64", ["2.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"]],
  ])("divides %s", (cidr, origins) => {
    expect(reverseZonesOf(parseNetwork(cidr)).map(({ origin }) => origin)).toEqual(origins);
  });

  test("covers a subnet's addresses once each, and no others", () => {
    const v4 = fc.tuple(fc.nat(2 ** 32 - 1), fc.integer({ min: 0, max: 32 }));
    const v6 = fc.tuple(
      fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }),
      fc.integer({ min: 0, max: 128 }),
    );
    fc.assert(fc.property(fc.oneof(v4, v6), ([value, bits]) => {
      const family = typeof value === "bigint" ? 6 : 4;
      const size = 1n << BigInt((family === 6 ? 128 : 32) - bits);
      const first = BigInt(value) / size * size;
      const zones = reverseZonesOf(parseNetwork(`${ipFromBigint(first, family)}/${bits}`));
      expect(zones.length).toBeLessThanOrEqual(256);
      let next = first;
      for (const zone of zones) {
        expect(zone.first).toBe(next);
        next = zone.last + 1n;
      }
      expect(next).toBe(first + size);
    }));
  });
});

describe("a reverse zone", () => {
  const around = { nameServers: ["ns.example."], mailbox: "hostmaster.lab.example." };
  const linesOf = (cidr: string, named: [address: string, name: string][], at = 0) => {
    const network = parseNetwork(cidr);
    const zone = reverseZonesOf(network)[at];
    if (!zone) throw new Error("no such zone");
    const hosts = named.map(([address, name]) => ({ address: parseIpAddress(address), name }));
    const text = formatZone(buildReverseZone(zone, network, { named: hosts, ...around }), 1);
    return text.split("\n").filter((line) => line.includes("\tPTR\t") || line.startsWith(";"));
  };

  test("names each address by the first who has it, in order, and nobody of other subnets", () => {
    expect(linesOf("192.0.2.0/24", [
      ["192.0.2.10", "b."],
      ["192.0.2.9", "a."],
      ["192.0.2.10", "second."],
      ["192.0.3.1", "elsewhere."],
      ["2001:db8::1", "six."],
    ])).toEqual(["9\tIN\tPTR\ta.", "10\tIN\tPTR\tb."]);
  });

  test("writes as many labels as its subnet leaves", () => {
    expect(linesOf("172.16.0.0/16", [["172.16.3.9", "a."]])).toEqual(["9.3\tIN\tPTR\ta."]);
    expect(linesOf("10.1.2.0/23", [["10.1.3.9", "a."]], 1)).toEqual(["9\tIN\tPTR\ta."]);
    expect(linesOf("10.1.2.0/23", [["10.1.3.9", "a."]], 0)).toEqual([]);
    expect(linesOf("2001:db8::/124", [["2001:db8::a", "a."]])).toEqual(["a\tIN\tPTR\ta."]);
    expect(linesOf("2001:db8::a/128", [["2001:db8::a", "a."]])).toEqual(["@\tIN\tPTR\ta."]);
    expect(linesOf("2001:db8::/64", [["2001:db8::1:0:0:a", "a."]]))
      .toEqual(["a.0.0.0.0.0.0.0.0.0.0.0.1.0.0.0\tIN\tPTR\ta."]);
  });

  test("of less than 256 addresses says what the zone above must have, RFC 2317", () => {
    expect(linesOf("192.0.2.64/26", [["192.0.2.65", "a."]])).toEqual([
      "; RFC 2317: the zone 2.0.192.in-addr.arpa must have an NS record for 64-26, and",
      "; $GENERATE 64-127 $ CNAME $.64-26",
      "65\tIN\tPTR\ta.",
    ]);
  });

  test("takes any number of names", () => {
    const named = Array.from(
      { length: 256 },
      (_, i) =>
        [ipFromBigint(BigInt(0xc0000200 + i), 4) as IpAddress, `n${i}.`] as [string, string],
    );
    expect(linesOf("192.0.2.0/24", named)).toHaveLength(256);
  });
});
