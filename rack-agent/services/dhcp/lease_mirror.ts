import type { Lease, LeaseEvent } from "@/rack-agent/protocol/dhcp/lease.ts";
import type { Ipv4 } from "@/shared/net/ipv4.ts";
import type { MacAddress } from "@/shared/net/mac_address.ts";

/** The running leases as another thread tells of them: whose an address is. */
export class LeaseMirror {
  readonly #byAddress = new Map<Ipv4, Lease>();
  readonly #ofMac = new Map<MacAddress, Set<Ipv4>>();

  constructor(leases: readonly Lease[] = []) {
    for (const lease of leases) this.#put(lease);
  }

  apply({ kind, mac, ipv4, subnetId, atMs, expiresAtMs, hostname }: LeaseEvent): void {
    if (kind !== "given" && kind !== "renewed") return this.#remove(ipv4);
    if (expiresAtMs === undefined) return;
    // A machine has one lease per subnet: the next one ends the one before.
    for (const other of this.#ofMac.get(mac) ?? []) {
      if (other !== ipv4 && this.#byAddress.get(other)?.subnetId === subnetId) this.#remove(other);
    }
    this.#put({ mac, ipv4, subnetId, atMs, expiresAtMs, hostname });
  }

  leaseOfIpv4(ipv4: Ipv4, nowMs: number): Lease | undefined {
    const lease = this.#byAddress.get(ipv4);
    return lease && lease.expiresAtMs > nowMs ? lease : undefined;
  }

  /** A machine's running leases, the one given last first. */
  leasesOfMac(mac: MacAddress, nowMs: number): Lease[] {
    return [...this.#ofMac.get(mac) ?? []]
      .flatMap((ipv4) => this.leaseOfIpv4(ipv4, nowMs) ?? [])
      .sort((a, b) => b.atMs - a.atMs);
  }

  leases(nowMs: number): Lease[] {
    return [...this.#byAddress.values()].filter(({ expiresAtMs }) => expiresAtMs > nowMs);
  }

  #put(lease: Lease): void {
    this.#remove(lease.ipv4);
    this.#byAddress.set(lease.ipv4, lease);
    const addresses = this.#ofMac.get(lease.mac);
    if (addresses) addresses.add(lease.ipv4);
    else this.#ofMac.set(lease.mac, new Set([lease.ipv4]));
  }

  #remove(ipv4: Ipv4): void {
    const lease = this.#byAddress.get(ipv4);
    if (!lease) return;
    this.#byAddress.delete(ipv4);
    const addresses = this.#ofMac.get(lease.mac);
    addresses?.delete(ipv4);
    if (addresses?.size === 0) this.#ofMac.delete(lease.mac);
  }
}
