import type { DhcpPacket } from "@/rack-agent/wire/dhcp/packet.ts";
import { cidrContains } from "@/shared/net/cidr.ts";
import type { Ipv4 } from "@/shared/net/ipv4.ts";
import type { MacAddress } from "@/shared/net/mac_address.ts";
import type { LeaseBook } from "./lease_book.ts";
import { type DhcpSite, type DhcpSubnet, isDynamic, reservationIn } from "./site.ts";

/** What an address is chosen from. */
export interface Choice {
  readonly site: DhcpSite;
  readonly book: LeaseBook;
  readonly nowMs: number;
}

/**
 * The address to offer: the machine's reservation, else its last one, else the one it asks for,
 * else the next free one. `subnets` are those on the client's link, in order of preference.
 */
export function chooseAddress(
  { site, book, nowMs }: Choice,
  subnets: readonly DhcpSubnet[],
  request: DhcpPacket,
): { subnet: DhcpSubnet; ipv4: Ipv4 } | undefined {
  const { mac, options: { requestedAddress } } = request;
  for (const subnet of subnets) {
    const wishes = [
      reservationIn(site, subnet, mac)?.ipv4,
      ...book.addressesOf(subnet.id, mac),
      requestedAddress,
    ].filter((ipv4) => ipv4 !== undefined);
    const ipv4 = wishes.find((wish) => mayHave({ site, book, nowMs }, subnet, { mac, ipv4: wish }));
    if (ipv4) return { subnet, ipv4 };
  }
  for (const subnet of subnets) {
    const ipv4 = book.nextFree(subnet.id, nowMs);
    if (ipv4) return { subnet, ipv4 };
  }
  return undefined;
}

/** True when this machine may have this address in this subnet now. */
export function mayHave(
  { site, book, nowMs }: Choice,
  subnet: DhcpSubnet,
  { mac, ipv4 }: { readonly mac: MacAddress; readonly ipv4: Ipv4 },
): boolean {
  if (!cidrContains(subnet.cidr, ipv4)) return false;
  const promised = reservationIn(site, subnet, mac)?.ipv4;
  if (promised && book.isFreeFor(promised, mac, nowMs)) return promised === ipv4;
  // A promised address may still be in somebody's use; until they leave, any other will do.
  return isDynamic(site, subnet, ipv4) && book.isFreeFor(ipv4, mac, nowMs);
}
