import type { Ipv4 } from "@/shared/net/ipv4.ts";
import type { MacAddress } from "@/shared/net/mac_address.ts";

/** An address for each machine in each subnet, without a key to be made for every look-up. */
export class AddressOfOwner {
  readonly #bySubnet = new Map<number, Map<MacAddress, Ipv4>>();

  get(subnetId: number, mac: MacAddress): Ipv4 | undefined {
    return this.#bySubnet.get(subnetId)?.get(mac);
  }

  set(subnetId: number, mac: MacAddress, ipv4: Ipv4): void {
    const ofSubnet = this.#bySubnet.get(subnetId);
    if (ofSubnet) ofSubnet.set(mac, ipv4);
    else this.#bySubnet.set(subnetId, new Map([[mac, ipv4]]));
  }

  /** Forgets the machine's address; with `ipv4` only if it is that one. */
  delete(subnetId: number, mac: MacAddress, ipv4?: Ipv4): void {
    const ofSubnet = this.#bySubnet.get(subnetId);
    if (ipv4 === undefined || ofSubnet?.get(mac) === ipv4) ofSubnet?.delete(mac);
  }
}
