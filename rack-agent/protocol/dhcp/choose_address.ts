import { cidrContains } from "@/shared/net/cidr.ts";
import type { Ipv4 } from "@/shared/net/ipv4.ts";
import type { LeaseBook } from "./lease_book.ts";
import type { Client } from "./reservations.ts";
import { type DhcpSite, type DhcpSubnet, isDynamic, reservationIn } from "./site.ts";

/** What an address is chosen from. */
export interface Choice {
  readonly site: DhcpSite;
  readonly book: LeaseBook;
  readonly nowMs: number;
}

/** An address, and whether the machine had it before or has it promised. */
export interface Chosen {
  readonly subnet: DhcpSubnet;
  readonly ipv4: Ipv4;
  readonly isKnown: boolean;
}

/**
 * The address to offer: the machine's reservation, else its last one, else the one it asks for,
 * else the next free one. `subnets` are those on the client's link, in order of preference.
 */
export function chooseAddress(
  choice: Choice,
  subnets: readonly DhcpSubnet[],
  client: Client & { readonly requestedAddress?: Ipv4 },
): Chosen | undefined {
  for (const subnet of subnets) {
    const ipv4 = ownAddress(choice, subnet, client);
    if (ipv4) return { subnet, ipv4, isKnown: true };
  }
  const { requestedAddress: wish } = client;
  const wished = wish && subnets.find((subnet) => mayHave(choice, subnet, client, wish));
  if (wish && wished) return { subnet: wished, ipv4: wish, isKnown: false };
  for (const subnet of subnets) {
    const ipv4 = choice.book.nextFree(subnet.id, choice.nowMs);
    if (ipv4) return { subnet, ipv4, isKnown: false };
  }
  return undefined;
}

/** True when this address is promised to the client, or is the one it had last or is offered. */
export function isKnownTo(
  { site, book }: Choice,
  subnet: DhcpSubnet,
  client: Client,
  ipv4: Ipv4,
): boolean {
  return reservationIn(site, subnet, client)?.ipv4 === ipv4 ||
    book.addressesOf(subnet.id, client.mac).includes(ipv4);
}

/** True when this machine may have this address in this subnet now. */
export function mayHave(
  { site, book, nowMs }: Choice,
  subnet: DhcpSubnet,
  client: Client,
  ipv4: Ipv4,
): boolean {
  if (!cidrContains(subnet.cidr, ipv4)) return false;
  const promised = reservationIn(site, subnet, client)?.ipv4;
  if (promised && book.isFreeFor(promised, client.mac, nowMs)) return promised === ipv4;
  // A promised address may still be in somebody's use; until they leave, any other will do.
  return isDynamic(site, subnet, ipv4) && book.isFreeFor(ipv4, client.mac, nowMs);
}

function ownAddress(choice: Choice, subnet: DhcpSubnet, client: Client): Ipv4 | undefined {
  const { site, book } = choice;
  const promised = reservationIn(site, subnet, client)?.ipv4;
  if (promised && mayHave(choice, subnet, client, promised)) return promised;
  return book.addressesOf(subnet.id, client.mac)
    .find((ipv4) => mayHave(choice, subnet, client, ipv4));
}
