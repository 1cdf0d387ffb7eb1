import fc from "fast-check";
import { expect, test } from "vitest";
import { parseCidr } from "@/shared/net/cidr.ts";
import { type Ipv4, ipv4FromNumber, ipv4ToNumber, parseIpv4 } from "@/shared/net/ipv4.ts";
import { formatMacAddress, type MacAddress } from "@/shared/net/mac_address.ts";
import { type LeaseChange, parseLeaseChange } from "./lease.ts";
import { LeaseBook } from "./lease_book.ts";
import { buildSite } from "./site.ts";

const FIRST = parseIpv4("192.0.2.10");
const LEASE_MS = 600_000;

function bookOf(addresses: number): LeaseBook {
  const book = new LeaseBook();
  book.configure(siteOf(addresses));
  return book;
}

function siteOf(addresses: number) {
  return buildSite({
    reservations: [],
    subnets: [{
      id: 1,
      interfaceName: "eth0",
      cidr: parseCidr("192.0.2.0/24"),
      serverAddress: parseIpv4("192.0.2.1"),
      dnsServers: [],
      leaseSeconds: LEASE_MS / 1_000,
      ranges: [{ first: FIRST, last: ip(addresses - 1) }],
    }],
  });
}

function ip(i: number): Ipv4 {
  return ipv4FromNumber(ipv4ToNumber(FIRST) + i);
}

function machine(i: number): MacAddress {
  return formatMacAddress(Uint8Array.of(0x52, 0x54, 0, 0, 0, i));
}

function give(i: number, ipv4: Ipv4, atMs: number): LeaseChange {
  return { kind: "give", mac: machine(i), ipv4, subnetId: 1, atMs, expiresAtMs: atMs + LEASE_MS };
}

test("nextFree() gives the addresses in order and then none", () => {
  const book = bookOf(3);
  for (let i = 0; i < 3; i += 1) {
    expect(book.nextFree(1, 0)).toBe(ip(i));
    expect(book.nextFree(1, 0)).toBe(ip(i)); // asking takes nothing
    book.apply(give(i, ip(i), 0));
  }
  expect(book.nextFree(1, 0)).toBeUndefined();
  expect(book.nextFree(2, 0)).toBeUndefined();
});

test("nextFree() prefers addresses never used, then the one idle longest", () => {
  const book = bookOf(4);
  for (let i = 0; i < 3; i += 1) book.apply(give(i, ip(i), 0));
  const end = (i: number) => ({ mac: machine(i), ipv4: ip(i), subnetId: 1, atMs: 5 });
  book.apply({ kind: "release", ...end(1) });
  book.apply({ kind: "release", ...end(0) });
  expect(book.nextFree(1, 6)).toBe(ip(3));
  book.apply(give(3, ip(3), 6));
  expect(book.nextFree(1, 6)).toBe(ip(1));
  book.apply(give(4, ip(1), 6));
  expect(book.nextFree(1, 6)).toBe(ip(0));
});

test("apply() tells a lease that is new from one that is renewed", () => {
  const book = bookOf(2);
  expect(book.apply(give(1, ip(0), 0)).kind).toBe("given");
  expect(book.apply(give(1, ip(0), 1_000)).kind).toBe("renewed");
  expect(book.apply(give(1, ip(0), 1_000_000)).kind).toBe("given"); // it had run out
  expect(book.apply(give(2, ip(0), 2_000_000)).kind).toBe("given");
  expect(book.addressesOf(1, machine(1))).toEqual([]); // it is another's now
});

test("an address can be given, freed and given again any number of times", () => {
  const book = bookOf(2);
  for (let i = 0; i < 5; i += 1) {
    const [a, b] = [book.nextFree(1, i), ip(i % 2)];
    expect(a).toBeDefined();
    for (const ipv4 of [ip(0), ip(1)]) book.apply(give(i, ipv4, i));
    book.apply(give(9, b, i));
    book.apply(give(8, ip((i + 1) % 2), i));
    expect(book.nextFree(1, i)).toBeUndefined();
    for (const [mac, ipv4] of [[9, b], [8, ip((i + 1) % 2)]] as const) {
      book.apply({ kind: "release", mac: machine(mac), ipv4, subnetId: 1, atMs: i });
    }
  }
});

test("an address freed before a new configuration is found after it", () => {
  const book = bookOf(1);
  book.apply(give(1, ip(0), 0));
  book.apply({ kind: "release", mac: machine(1), ipv4: ip(0), subnetId: 1, atMs: 1 });
  book.configure(siteOf(1));
  expect(book.nextFree(1, 2)).toBe(ip(0));
});

test("a machine's next address in a subnet frees the one before", () => {
  const book = bookOf(1);
  book.apply(give(1, ip(0), 0));
  book.apply(give(1, parseIpv4("192.0.2.200"), 1));
  expect(book.leaseOfIpv4(ip(0), 2)).toBeUndefined();
  expect(book.leasesOfMac(machine(1), 2).map(({ ipv4 }) => ipv4)).toEqual(["192.0.2.200"]);
  expect(book.nextFree(1, 2)).toBe(ip(0));
});

test("a lease ends when its time is up, once, and its address is free again", () => {
  const book = bookOf(1);
  book.apply(give(1, ip(0), 0));
  book.apply(give(1, ip(0), 300_000)); // renewed: the first end is void
  expect(book.expire(LEASE_MS)).toEqual([]);
  expect(book.leaseOfIpv4(ip(0), 899_999)).toMatchObject({ mac: machine(1) });
  expect(book.leaseOfIpv4(ip(0), 900_000)).toBeUndefined();
  expect(book.leasesOfMac(machine(1), 900_000)).toEqual([]);
  expect(book.expire(900_000)).toMatchObject([{ kind: "expired", ipv4: ip(0), atMs: 900_000 }]);
  expect(book.expire(2_000_000)).toEqual([]);
  expect(book.nextFree(1, 900_000)).toBe(ip(0));
  expect(book.addressesOf(1, machine(1))).toEqual([ip(0)]); // remembered
});

test("an offer keeps an address for its machine, until it ends", () => {
  const book = bookOf(1);
  book.hold({ mac: machine(1), ipv4: ip(0), subnetId: 1, untilMs: 60_000 }, 0);
  expect(book.isFreeFor(ip(0), machine(1), 1)).toBe(true);
  expect(book.isFreeFor(ip(0), machine(2), 1)).toBe(false);
  expect(book.nextFree(1, 1)).toBeUndefined();
  expect(book.expire(60_000)).toEqual([]); // an offer is no lease
  expect(book.isFreeFor(ip(0), machine(2), 60_000)).toBe(true);
  expect(book.nextFree(1, 60_000)).toBe(ip(0));
});

test("an offer to the holder of a lease does not shorten it", () => {
  const book = bookOf(1);
  book.apply(give(1, ip(0), 0));
  book.hold({ mac: machine(1), ipv4: ip(0), subnetId: 1, untilMs: 60_000 }, 0);
  book.expire(120_000);
  expect(book.leaseOfIpv4(ip(0), 120_000)).toMatchObject({ expiresAtMs: LEASE_MS });
});

test("another offer frees the address of the one before", () => {
  const book = bookOf(2);
  book.hold({ mac: machine(1), ipv4: ip(0), subnetId: 1, untilMs: 60_000 }, 0);
  book.hold({ mac: machine(1), ipv4: ip(1), subnetId: 1, untilMs: 60_000 }, 0);
  expect(book.isFreeFor(ip(0), machine(2), 1)).toBe(true);
});

test("a declined address is nobody's until its quarantine ends", () => {
  const book = bookOf(1);
  book.apply(give(1, ip(0), 0));
  const end = { mac: machine(1), ipv4: ip(0), subnetId: 1, atMs: 5 };
  expect(book.apply({ kind: "decline", ...end, untilMs: 99_000 }).kind).toBe("declined");
  expect(book.isFreeFor(ip(0), machine(1), 6)).toBe(false);
  expect(book.nextFree(1, 6)).toBeUndefined();
  book.expire(99_000);
  expect(book.nextFree(1, 99_000)).toBe(ip(0));
});

test("configure() keeps leases, and gives out the new range around them", () => {
  const book = bookOf(2);
  book.apply(give(1, ip(0), 0));
  book.configure(siteOf(3));
  expect(book.leaseOfIpv4(ip(0), 1)).toMatchObject({ mac: machine(1) });
  expect(book.nextFree(1, 1)).toBe(ip(1));
});

test("a lease left for another address does not come back with a snapshot", () => {
  const book = bookOf(2);
  book.apply(give(1, ip(0), 0));
  book.apply(give(1, ip(1), 5));
  const again = bookOf(2);
  for (const change of book.snapshot(0)) again.apply(change);
  expect(again.leaseOfIpv4(ip(0), 6)).toBeUndefined();
  expect(again.leaseOfIpv4(ip(1), 6)).toMatchObject({ mac: machine(1) });
});

test("parseLeaseChange() reads what JSON made of a change and refuses the rest", () => {
  const changes: LeaseChange[] = [
    { ...give(1, ip(0), 5), hostname: "n1" } as LeaseChange, // a give with a name is one still
    give(1, ip(0), 5),
    { kind: "release", mac: machine(1), ipv4: ip(0), subnetId: 1, atMs: 5 },
    { kind: "decline", mac: machine(1), ipv4: ip(0), subnetId: 1, atMs: 5, untilMs: 9 },
  ];
  for (const change of changes) {
    expect(parseLeaseChange(JSON.parse(JSON.stringify(change)))).toEqual(change);
    for (const name of Object.keys(change).filter((key) => key !== "hostname")) {
      expect(parseLeaseChange({ ...change, [name]: "x" }), name).toBeUndefined();
    }
  }
  for (const json of [null, 1, "give", [], {}]) expect(parseLeaseChange(json)).toBeUndefined();
});

/** What happens to a book of four addresses: some machine does something, or time passes. */
const event = fc.record({
  act: fc.constantFrom("hold", "give", "release", "decline", "expire", "wait"),
  mac: fc.nat(5).map(machine),
  address: fc.nat(3).map(ip),
  waitMs: fc.nat(700_000),
});

test("an offer that was not taken up does not become a lease with a snapshot", () => {
  const book = bookOf(2);
  book.hold({ mac: machine(1), ipv4: ip(0), subnetId: 1, untilMs: 60_000 }, 0);
  book.withdraw(1, machine(1), 10_000);
  const again = bookOf(2);
  for (const change of book.snapshot(0)) again.apply(change);
  expect([...again.leases(10_001)]).toEqual([]);
});

test("whatever happens: one owner per address, and a snapshot makes the same book", () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 60 }), (events) => {
      const book = bookOf(4);
      let nowMs = 0;
      for (const { act, mac, address, waitMs } of events) {
        const ipv4 = book.addressesOf(1, mac)[0] ?? book.nextFree(1, nowMs) ?? address;
        const mine = book.leaseOfIpv4(ipv4, nowMs)?.mac === mac;
        const base = { mac, ipv4, subnetId: 1, atMs: nowMs };
        if (act === "wait") nowMs += waitMs;
        else if (act === "expire") book.expire(nowMs);
        else if (act === "hold" && book.isFreeFor(ipv4, mac, nowMs)) {
          book.hold({ ...base, untilMs: nowMs + 60_000 }, nowMs);
        } else if (act === "give" && book.isFreeFor(ipv4, mac, nowMs)) {
          book.apply({ kind: "give", ...base, expiresAtMs: nowMs + LEASE_MS });
        } else if (act === "release" && mine) book.apply({ kind: "release", ...base });
        else if (act === "decline" && mine) {
          book.apply({ kind: "decline", ...base, untilMs: nowMs + 1_000 });
        }
        const leases = [...book.leases(nowMs)];
        for (const lease of leases) {
          expect(book.leasesOfMac(lease.mac, nowMs)).toEqual([lease]);
        }
        const next = book.nextFree(1, nowMs);
        expect(leases.map(({ ipv4 }) => ipv4)).not.toContain(next);
      }
      nowMs += 1;
      book.expire(nowMs);
      const free = Array.from({ length: 4 }, (_, i) => ip(i))
        .some((ipv4) => book.isFreeFor(ipv4, machine(99), nowMs));
      if (free) expect(book.nextFree(1, nowMs)).toBeDefined(); // nothing gets lost

      const again = new LeaseBook();
      for (const change of book.snapshot(0)) again.apply(change);
      again.configure(siteOf(4));
      expect(new Set(again.leases(nowMs))).toEqual(new Set(book.leases(nowMs)));
      expect(new Set(again.snapshot(0))).toEqual(new Set(book.snapshot(0)));
    }),
    { numRuns: 1_000 },
  );
});
