import type { Lease, LeaseEvent } from "@/rack-agent/protocol/dhcp/lease.ts";
import { type Ipv4, ipv4ToNumber } from "@/shared/net/ipv4.ts";
import type { MacAddress } from "@/shared/net/mac_address.ts";
import { LeaseColumns, macToNumber, type PackedLeases } from "./lease_columns.ts";
import { PlaceIndex } from "./place_index.ts";

/** The running leases as another thread tells of them: whose an address is. */
export class LeaseMirror {
  readonly #columns: LeaseColumns;
  readonly #byAddress = new PlaceIndex((place) => this.#columns.addressAt(place));
  readonly #byMac = new PlaceIndex((place) => this.#columns.macAt(place));
  readonly #freePlaces: number[] = [];

  constructor(leases?: PackedLeases) {
    this.#columns = leases ? LeaseColumns.of(leases) : new LeaseColumns();
    for (let place = 0; place < this.#columns.length; place += 1) this.#enter(place);
  }

  apply({ kind, mac, ipv4, subnetId, atMs, expiresAtMs, hostname }: LeaseEvent): void {
    if (kind !== "given" && kind !== "renewed") return this.#remove(ipv4);
    if (expiresAtMs === undefined) return;
    // A machine has one lease per subnet: the next one ends the one before.
    for (const place of this.#byMac.of(macToNumber(mac))) {
      const other = this.#columns.ipv4At(place);
      if (other !== ipv4 && this.#columns.subnetIdAt(place) === subnetId) this.#remove(other);
    }
    this.#put({ mac, ipv4, subnetId, atMs, expiresAtMs, hostname });
  }

  leaseOfIpv4(ipv4: Ipv4, nowMs: number): Lease | undefined {
    return this.#running(this.#byAddress.of(ipv4ToNumber(ipv4)), nowMs)[0];
  }

  /** A machine's running leases, the one given last first. */
  leasesOfMac(mac: MacAddress, nowMs: number): Lease[] {
    return this.#running(this.#byMac.of(macToNumber(mac)), nowMs).sort((a, b) => b.atMs - a.atMs);
  }

  leases(nowMs: number): Lease[] {
    return this.#running(Array.from({ length: this.#columns.length }, (_, place) => place), nowMs);
  }

  count(nowMs: number): number {
    let count = 0;
    for (let place = 0; place < this.#columns.length; place += 1) {
      if (this.#columns.expiresAtMsAt(place) > nowMs) count += 1;
    }
    return count;
  }

  #running(places: readonly number[], nowMs: number): Lease[] {
    return places
      .filter((place) => this.#columns.expiresAtMsAt(place) > nowMs)
      .map((place) => this.#columns.read(place));
  }

  #put(lease: Lease): void {
    this.#remove(lease.ipv4);
    const place = this.#freePlaces.pop() ?? this.#columns.length;
    this.#columns.write(place, lease);
    this.#enter(place);
  }

  #enter(place: number): void {
    this.#byAddress.add(place);
    this.#byMac.add(place);
  }

  #remove(ipv4: Ipv4): void {
    for (const place of this.#byAddress.of(ipv4ToNumber(ipv4))) {
      this.#byAddress.remove(place);
      this.#byMac.remove(place);
      this.#columns.clear(place);
      this.#freePlaces.push(place);
    }
  }
}
