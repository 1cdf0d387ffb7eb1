import { type Ipv4, ipv4FromNumber, ipv4ToNumber } from "@/shared/net/ipv4.ts";
import type { MacAddress } from "@/shared/net/mac_address.ts";
import { AddressOfOwner } from "./address_of_owner.ts";
import { AddressPool, type AddressUse } from "./address_pool.ts";
import { ExpiryWheel } from "./expiry_wheel.ts";
import type { Lease, LeaseChange, LeaseEvent } from "./lease.ts";
import { type DhcpSite, type DhcpSubnet, isDynamic } from "./site.ts";

/** An address set aside for a client that has been offered it. Lost at a restart, which is safe. */
export interface Offer {
  readonly mac: MacAddress;
  readonly ipv4: Ipv4;
  readonly subnetId: number;
  readonly untilMs: number;
}

/** An address that is or was somebody's. After `untilMs` it is idle whatever `state` says. */
interface Slot {
  readonly mac: MacAddress;
  readonly ipv4: Ipv4;
  readonly subnetId: number;
  readonly state: "offered" | "leased" | "declined" | "idle";
  readonly atMs: number;
  readonly untilMs: number;
  readonly hostname?: string;
}

const NO_ADDRESSES: readonly Ipv4[] = [];

interface SubnetPool {
  readonly subnet: DhcpSubnet;
  /** What the pool was made for. */
  readonly rangesKey: string;
  readonly pool: AddressPool;
}

/**
 * Who has which address, who had it before, and which is free.
 *
 * Identity is the hardware address: a netbooting machine passes through firmware, iPXE, initramfs
 * and its system, each with a client identifier of its own, and must keep one address throughout.
 * Leases outlive changes of configuration; `configure` only changes what may be given next.
 */
export class LeaseBook {
  readonly #slots = new Map<Ipv4, Slot>();
  /** Address of a machine's current or last lease, by subnet and MAC. */
  readonly #lastOf = new AddressOfOwner();
  readonly #offerOf = new AddressOfOwner();
  readonly #wheel = new ExpiryWheel<Ipv4>();
  /** When the wheel brings an address up next, so that each is in it about once. */
  readonly #awaitedMs = new Map<Ipv4, number>();
  #site: DhcpSite | undefined;
  #pools = new Map<number, SubnetPool>();
  /** The time of the call in hand, for the pools' look-ups. */
  #nowMs = 0;

  /**
   * Takes over a site's ranges and reservations; leases stay as they are.
   *
   * Ranges that did not change keep their place in the queue of free addresses.
   */
  configure(site: DhcpSite): void {
    const before = this.#site;
    this.#site = site;
    this.#pools = new Map(site.subnets.map((subnet) => {
      const known = this.#pools.get(subnet.id);
      const rangesKey = rangesKeyOf(subnet);
      if (known?.rangesKey === rangesKey) return [subnet.id, { ...known, subnet }];
      return [subnet.id, { subnet, rangesKey, pool: this.#poolOf(subnet) }];
    }));
    for (const ipv4 of before?.reservations.addresses() ?? []) {
      if (!site.reservations.has(ipv4)) this.giveBack(ipv4);
    }
  }

  /** Says that an address which was promised may now be anybody's. Harmless to repeat. */
  giveBack(ipv4: Ipv4): void {
    const value = ipv4ToNumber(ipv4);
    for (const { pool } of this.#pools.values()) pool.giveBack(value);
  }

  #poolOf(subnet: DhcpSubnet): AddressPool {
    const ranges = subnet.ranges.map(({ first, last }) => ({
      first: ipv4ToNumber(first),
      last: ipv4ToNumber(last),
    }));
    return new AddressPool(ranges, (value): AddressUse => {
      const address = ipv4FromNumber(value);
      const now = this.#pools.get(subnet.id)?.subnet ?? subnet;
      const site = this.#site;
      return site && isDynamic(site, now, address) ? this.#useOf(address) : "busy";
    });
  }

  /** Applies a change, also one read back from the log, and says what it means to watchers. */
  apply(change: LeaseChange): LeaseEvent {
    const { mac, ipv4, subnetId, atMs } = change;
    const event = { mac, ipv4, subnetId, atMs };
    const before = this.#slots.get(ipv4);
    switch (change.kind) {
      case "give": {
        const { expiresAtMs, hostname } = change;
        const isRenewal = before?.state === "leased" && before.mac === mac &&
          before.untilMs > atMs;
        this.#endOffer(subnetId, mac, atMs);
        this.#leaveLast(subnetId, mac, atMs, ipv4);
        this.#put({ ...event, state: "leased", untilMs: expiresAtMs, hostname });
        return { ...event, kind: isRenewal ? "renewed" : "given", expiresAtMs, hostname };
      }
      case "release":
        this.#put({ ...event, state: "idle", untilMs: atMs, hostname: before?.hostname });
        return { ...event, kind: "released", hostname: before?.hostname };
      case "decline":
        this.#put({ ...event, state: "declined", untilMs: change.untilMs });
        return { ...event, kind: "declined", hostname: before?.hostname };
    }
  }

  /** Takes an offer back, because the client has taken another server's. */
  withdraw(subnetId: number, mac: MacAddress, nowMs: number): void {
    this.#endOffer(subnetId, mac, nowMs);
  }

  /** Sets an address aside. Somebody's running lease is left alone: it is theirs already. */
  hold(offer: Offer, nowMs: number): void {
    const { mac, ipv4, subnetId, untilMs } = offer;
    if (this.leaseOfIpv4(ipv4, nowMs)) return;
    this.#endOffer(subnetId, mac, nowMs, ipv4);
    this.#put({ mac, ipv4, subnetId, untilMs, atMs: nowMs, state: "offered" });
    this.#offerOf.set(subnetId, mac, ipv4);
  }

  /** Ends what is over, and returns the leases among it. Call about once a second. */
  expire(nowMs: number): LeaseEvent[] {
    const events: LeaseEvent[] = [];
    for (const ipv4 of this.#wheel.takeDue(nowMs)) {
      if ((this.#awaitedMs.get(ipv4) ?? 0) <= nowMs) this.#awaitedMs.delete(ipv4);
      const slot = this.#slots.get(ipv4);
      if (!slot || slot.state === "idle") continue;
      if (slot.untilMs > nowMs) {
        this.#await(slot);
        continue;
      }
      const { mac, subnetId, untilMs, hostname } = slot;
      if (slot.state === "leased") {
        events.push({ kind: "expired", mac, ipv4, subnetId, atMs: untilMs, hostname });
      }
      if (slot.state === "offered") this.#forget(this.#offerOf, slot);
      this.#putIdle(slot, nowMs);
    }
    return events;
  }

  /** The running lease on an address. */
  leaseOfIpv4(ipv4: Ipv4, nowMs: number): Lease | undefined {
    const slot = this.#slots.get(ipv4);
    if (slot?.state !== "leased" || slot.untilMs <= nowMs) return undefined;
    const { mac, subnetId, atMs, untilMs, hostname } = slot;
    return { mac, ipv4, subnetId, atMs, expiresAtMs: untilMs, hostname };
  }

  /** A machine's running leases, at most one per subnet; the one given last comes first. */
  leasesOfMac(mac: MacAddress, nowMs: number): Lease[] {
    return [...this.#pools.keys()]
      .flatMap((subnetId) => this.#lastOf.get(subnetId, mac) ?? [])
      .flatMap((ipv4) => this.leaseOfIpv4(ipv4, nowMs) ?? [])
      .filter((lease) => lease.mac === mac)
      .sort((a, b) => b.atMs - a.atMs);
  }

  /** Every running lease, one at a time: a large site's would be much at once. */
  *leases(nowMs: number): Generator<Lease> {
    for (const ipv4 of this.#slots.keys()) {
      const lease = this.leaseOfIpv4(ipv4, nowMs);
      if (lease) yield lease;
    }
  }

  /** What the machine has, had last, or has been offered in a subnet, likeliest first. */
  addressesOf(subnetId: number, mac: MacAddress): readonly Ipv4[] {
    const last = this.#lastOf.get(subnetId, mac);
    const offered = this.#offerOf.get(subnetId, mac);
    if (last === undefined) return offered === undefined ? NO_ADDRESSES : [offered];
    return offered === undefined || offered === last ? [last] : [last, offered];
  }

  /** True when nobody else has, holds or has declined the address. */
  isFreeFor(ipv4: Ipv4, mac: MacAddress, nowMs: number): boolean {
    const slot = this.#slots.get(ipv4);
    if (!slot || slot.untilMs <= nowMs || slot.state === "idle") return true;
    return slot.mac === mac && slot.state !== "declined";
  }

  /** How many addresses of a subnet somebody has or is being offered, or are in quarantine. */
  usedIn(subnetId: number, nowMs: number): number {
    let used = 0;
    for (const slot of this.#slots.values()) {
      if (slot.subnetId === subnetId && slot.state !== "idle" && slot.untilMs > nowMs) used += 1;
    }
    return used;
  }

  /** The dynamic address to give next in a subnet; undefined when there is none. */
  nextFree(subnetId: number, nowMs: number): Ipv4 | undefined {
    this.#nowMs = nowMs;
    const value = this.#pools.get(subnetId)?.pool.peek();
    return value === undefined ? undefined : ipv4FromNumber(value);
  }

  /**
   * The changes that make a book like this one, for a fresh log.
   *
   * The last ended lease of a machine is among them, so that it gets its old address back, unless it
   * ended before `oldestMs`.
   */
  *snapshot(oldestMs: number): Generator<LeaseChange> {
    for (const slot of this.#slots.values()) {
      const change = slot.untilMs >= oldestMs ? this.#changeOf(slot) : undefined;
      if (change) yield change;
    }
  }

  #changeOf(
    { mac, ipv4, subnetId, atMs, untilMs, hostname, state }: Slot,
  ): LeaseChange | undefined {
    const end = { mac, ipv4, subnetId, atMs };
    switch (state) {
      case "offered":
        return undefined;
      case "declined":
        return { kind: "decline", ...end, untilMs };
      case "idle":
        if (this.#lastOf.get(subnetId, mac) !== ipv4) return undefined;
        return { kind: "give", ...end, expiresAtMs: untilMs, hostname };
      case "leased":
        return { kind: "give", ...end, expiresAtMs: untilMs, hostname };
    }
  }

  #useOf(ipv4: Ipv4): AddressUse {
    const slot = this.#slots.get(ipv4);
    if (!slot) return "unused";
    return slot.state === "idle" || slot.untilMs <= this.#nowMs ? "idle" : "busy";
  }

  /** Writes a slot, and keeps owner, wheel and pool in step with it. */
  #put(slot: Slot): void {
    const before = this.#slots.get(slot.ipv4);
    if (before && before.mac !== slot.mac) this.#forget(this.#lastOf, before);
    this.#slots.set(slot.ipv4, slot);
    const { subnetId, mac } = slot;
    switch (slot.state) {
      case "leased":
        this.#lastOf.set(subnetId, mac, slot.ipv4);
        return this.#await(slot);
      case "declined":
        this.#forget(this.#lastOf, slot);
        return this.#await(slot);
      case "offered":
        return this.#await(slot);
      case "idle":
        // An offer not taken up is remembered too, so that a slow client is offered the same again.
        if (before?.state === "offered" && !this.#lastOf.get(subnetId, mac)) {
          this.#lastOf.set(subnetId, mac, slot.ipv4);
        }
        this.#pools.get(slot.subnetId)?.pool.giveBack(ipv4ToNumber(slot.ipv4));
    }
  }

  #await({ ipv4, untilMs }: Slot): void {
    if ((this.#awaitedMs.get(ipv4) ?? Infinity) <= untilMs) return;
    this.#awaitedMs.set(ipv4, untilMs);
    this.#wheel.add(ipv4, untilMs);
  }

  /** A machine has one lease per subnet: the next one frees the one before. */
  #leaveLast(subnetId: number, mac: MacAddress, atMs: number, next: Ipv4): void {
    const last = this.#lastOf.get(subnetId, mac);
    const slot = last && this.#slots.get(last);
    if (slot && last !== next && slot.mac === mac) this.#putIdle(slot, atMs);
  }

  #endOffer(subnetId: number, mac: MacAddress, atMs: number, next?: Ipv4): void {
    const offered = this.#offerOf.get(subnetId, mac);
    this.#offerOf.delete(subnetId, mac);
    const slot = offered && this.#slots.get(offered);
    if (!slot || offered === next || slot.state !== "offered" || slot.mac !== mac) return;
    this.#putIdle(slot, atMs);
  }

  /** Its end is written too: a snapshot must not bring back a lease that ended before its time. */
  #putIdle(slot: Slot, atMs: number): void {
    this.#put({ ...slot, state: "idle", untilMs: Math.min(slot.untilMs, atMs) });
  }

  #forget(owners: AddressOfOwner, { subnetId, mac, ipv4 }: Slot): void {
    owners.delete(subnetId, mac, ipv4);
  }
}

/** Whatever decides which addresses a pool may give, but for reservations. */
function rangesKeyOf({ ranges, gateway, serverAddress, cidr }: DhcpSubnet): string {
  return JSON.stringify([ranges, gateway, serverAddress, cidr]);
}
