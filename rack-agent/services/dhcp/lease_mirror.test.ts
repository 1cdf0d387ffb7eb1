import fc from "fast-check";
import { expect, test } from "vitest";
import type { Lease, LeaseEvent } from "@/rack-agent/protocol/dhcp/lease.ts";
import { ipv4FromNumber } from "@/shared/net/ipv4.ts";
import { formatMacAddress } from "@/shared/net/mac_address.ts";
import { buffersOf, LeaseColumns, type PackedLeases } from "./lease_columns.ts";
import { LeaseMirror } from "./lease_mirror.ts";

const lease = fc.record({
  mac: fc.integer({ min: 0, max: 5 }).map((n) =>
    formatMacAddress(Uint8Array.of(0xfe, 0xff, 0xff, 0x80, n, 0xff))
  ),
  ipv4: fc.integer({ min: 0, max: 5 }).map((n) => ipv4FromNumber(0xff_ff_ff_00 + n)),
  subnetId: fc.integer({ min: 1, max: 2 }),
  atMs: fc.integer({ min: 1, max: 9 }),
  expiresAtMs: fc.integer({ min: 10, max: 30 }).map((ms) => 1_900_000_000_000 + ms),
  hostname: fc.option(fc.string(), { nil: undefined }),
});
const event: fc.Arbitrary<LeaseEvent> = fc.oneof(
  lease.map((given) => ({ kind: "given" as const, ...given })),
  lease.map(({ mac, ipv4, subnetId, atMs }) => ({
    kind: "released" as const,
    ...{ mac, ipv4, subnetId, atMs },
  })),
);
const NOW_MS = 1_900_000_000_020;

test("whatever happens, it knows what a plain list knows, also after a message", () => {
  fc.assert(
    fc.property(fc.array(event), fc.nat(), (events, cut) => {
      const before = events.slice(0, cut % (events.length + 1));
      const columns = new LeaseColumns(cut % 3); // it has to grow, sometimes from nothing
      for (const known of after(before)) columns.write(columns.length, known);
      const mirror = new LeaseMirror(handedOver(columns.pack()));
      for (const event of events.slice(before.length)) mirror.apply(event);

      const running = after(events).filter(({ expiresAtMs }) => expiresAtMs > NOW_MS);
      expect(new Set(mirror.leases(NOW_MS))).toEqual(new Set(running));
      expect(mirror.count(NOW_MS)).toBe(running.length);
      for (const { mac, ipv4 } of events) {
        const onAddress = running.find((known) => known.ipv4 === ipv4);
        expect(mirror.leaseOfIpv4(ipv4, NOW_MS)).toEqual(onAddress);
        const ofMac = running.filter((known) => known.mac === mac);
        expect(new Set(mirror.leasesOfMac(mac, NOW_MS))).toEqual(new Set(ofMac));
      }
    }),
    { numRuns: 1_000 },
  );
});

test("the lease given last comes first", () => {
  const mirror = new LeaseMirror();
  const mac = formatMacAddress(Uint8Array.of(2, 0, 0, 0, 0, 1));
  const give = (n: number, subnetId: number, atMs: number) =>
    mirror.apply({
      kind: "given",
      mac,
      ipv4: ipv4FromNumber(n),
      subnetId,
      atMs,
      expiresAtMs: 100,
    });
  give(1, 1, 5);
  give(2, 2, 7);
  give(3, 3, 6);
  expect(mirror.leasesOfMac(mac, 50).map(({ ipv4 }) => ipv4))
    .toEqual(["0.0.0.2", "0.0.0.3", "0.0.0.1"]);
});

/** As another thread receives it. */
function handedOver(packed: PackedLeases): PackedLeases {
  return structuredClone(packed, { transfer: buffersOf(packed) });
}

/** What a list of leases is after some events. */
function after(events: readonly LeaseEvent[]): Lease[] {
  return events.reduce<Lease[]>((leases, { kind, expiresAtMs = 0, ...event }) => {
    const others = leases.filter(({ ipv4, mac, subnetId }) =>
      ipv4 !== event.ipv4 && !(kind === "given" && mac === event.mac && subnetId === event.subnetId)
    );
    return kind === "given" ? [...others, { ...event, expiresAtMs }] : others;
  }, []);
}

test("thousands of leases, in rows and with places used again, are each found", () => {
  const mirror = new LeaseMirror();
  const macOf = (n: number) => formatMacAddress(Uint8Array.of(2, 0, 0, n >> 16, n >> 8, n));
  const leaseOf = (n: number) => ({
    mac: macOf(n),
    ipv4: ipv4FromNumber(0x0a_00_00_00 + n),
    subnetId: 1,
    atMs: n,
  });
  const event = (kind: "given" | "released", n: number) =>
    mirror.apply({ kind, ...leaseOf(n), expiresAtMs: 1e9 });
  for (let n = 0; n < 5_000; n += 1) event("given", n);
  for (let n = 0; n < 5_000; n += 3) event("released", n);
  for (let n = 5_000; n < 7_000; n += 1) event("given", n);
  for (let n = 0; n < 7_000; n += 1) {
    const known = n < 5_000 && n % 3 === 0 ? [] : [{ ...leaseOf(n), expiresAtMs: 1e9 }];
    expect(mirror.leasesOfMac(macOf(n), 0)).toEqual(known);
  }
  expect(mirror.count(0)).toBe(7_000 - 1_667);
});
