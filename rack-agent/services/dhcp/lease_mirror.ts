import type { Lease, LeaseEvent } from "@/rack-agent/protocol/dhcp/lease.ts";
import { type Ipv4, ipv4ToNumber } from "@/shared/net/ipv4.ts";
import type { MacAddress } from "@/shared/net/mac_address.ts";
import { LeaseColumns, macToNumber, type PackedLeases } from "./lease_columns.ts";

/** The running leases as another thread tells of them: whose an address is. */
export class LeaseMirror {
  readonly #columns: LeaseColumns;
  /** Places in the columns, by address. */
  readonly #placeOf = new Map<number, number>();
  /** By machine: one place nearly always, and several where it has leases in several networks. */
  readonly #placesOf = new Map<number, number | readonly number[]>();
  readonly #freePlaces: number[] = [];

  constructor(leases?: PackedLeases) {
    this.#columns = new LeaseColumns(leases);
    for (let place = 0; place < this.#columns.length; place += 1) this.#enter(place);
  }

  apply({ kind, mac, ipv4, subnetId, atMs, expiresAtMs, hostname }: LeaseEvent): void {
    if (kind !== "given" && kind !== "renewed") return this.#remove(ipv4);
    if (expiresAtMs === undefined) return;
    // A machine has one lease per subnet: the next one ends the one before.
    for (const place of this.#places(mac)) {
      const other = this.#columns.ipv4At(place);
      if (other !== ipv4 && this.#columns.subnetIdAt(place) === subnetId) this.#remove(other);
    }
    this.#put({ mac, ipv4, subnetId, atMs, expiresAtMs, hostname });
  }

  leaseOfIpv4(ipv4: Ipv4, nowMs: number): Lease | undefined {
    const place = this.#placeOf.get(ipv4ToNumber(ipv4));
    return place === undefined ? undefined : this.#running(place, nowMs)[0];
  }

  /** A machine's running leases, the one given last first. */
  leasesOfMac(mac: MacAddress, nowMs: number): Lease[] {
    return this.#places(mac)
      .flatMap((place) => this.#running(place, nowMs))
      .sort((a, b) => b.atMs - a.atMs);
  }

  leases(nowMs: number): Lease[] {
    return [...this.#placeOf.values()].flatMap((place) => this.#running(place, nowMs));
  }

  count(nowMs: number): number {
    let count = 0;
    for (let place = 0; place < this.#columns.length; place += 1) {
      if (this.#columns.expiresAtMsAt(place) > nowMs) count += 1;
    }
    return count;
  }

  #running(place: number, nowMs: number): readonly Lease[] {
    return this.#columns.expiresAtMsAt(place) > nowMs ? [this.#columns.read(place)] : [];
  }

  #places(mac: MacAddress): readonly number[] {
    return asList(this.#placesOf.get(macToNumber(mac)));
  }

  #put(lease: Lease): void {
    this.#remove(lease.ipv4);
    const place = this.#freePlaces.pop() ?? this.#columns.length;
    this.#columns.write(place, lease);
    this.#enter(place);
  }

  #enter(place: number): void {
    this.#placeOf.set(ipv4ToNumber(this.#columns.ipv4At(place)), place);
    const mac = this.#columns.macAt(place);
    const places = asList(this.#placesOf.get(mac));
    this.#placesOf.set(mac, places.length === 0 ? place : [...places, place]);
  }

  #remove(ipv4: Ipv4): void {
    const place = this.#placeOf.get(ipv4ToNumber(ipv4));
    if (place === undefined) return;
    this.#placeOf.delete(ipv4ToNumber(ipv4));
    const mac = this.#columns.macAt(place);
    const rest = asList(this.#placesOf.get(mac)).filter((other) => other !== place);
    if (rest.length === 0) this.#placesOf.delete(mac);
    else this.#placesOf.set(mac, rest);
    this.#columns.clear(place);
    this.#freePlaces.push(place);
  }
}

function asList(places: number | readonly number[] | undefined): readonly number[] {
  if (places === undefined) return [];
  return typeof places === "number" ? [places] : places;
}
