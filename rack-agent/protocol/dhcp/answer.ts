import type { DhcpOptions } from "@/rack-agent/wire/dhcp/options.ts";
import { type DhcpPacket, MESSAGE_TYPE, NO_ADDRESS } from "@/rack-agent/wire/dhcp/packet.ts";
import { cidrContains } from "@/shared/net/cidr.ts";
import type { Ipv4 } from "@/shared/net/ipv4.ts";
import { macAddressBytes } from "@/shared/net/mac_address.ts";
import type { BootPolicy } from "./boot_options.ts";
import { type Choice, chooseAddress, mayHave } from "./choose_address.ts";
import type { LeaseChange } from "./lease.ts";
import type { LeaseBook, Offer } from "./lease_book.ts";
import { ackFor, type BootRequest, type Destination, destinationOf, nakFor } from "./reply.ts";
import { type DhcpSite, type DhcpSubnet, reservationIn } from "./site.ts";

/** Everything a decision rests on besides the packet. The book is read, never written. */
export interface DhcpState {
  readonly site: DhcpSite;
  readonly book: LeaseBook;
  readonly boot: BootPolicy;
}

/** Why nothing is sent. Stable: counters and explanations are kept under these names. */
export type SilenceReason =
  | "dhcp.not_a_request" // a reply; some other server's, or forged
  | "dhcp.not_dhcp" // BOOTP, or a message type that only servers send
  | "dhcp.hardware_address_invalid" // group address or all zero
  | "dhcp.no_subnet" // nothing configured for that interface or relay
  | "dhcp.no_free_address" // no reservation, and the ranges are full or absent
  | "dhcp.another_server_chosen" // the client took somebody else's offer
  | "dhcp.address_missing" // a message that must name an address and does not
  | "dhcp.unknown_client" // INIT-REBOOT with an address we know nothing of: RFC 2131 §4.3.2
  | "dhcp.not_the_owner" // RELEASE or DECLINE of an address that is not the sender's
  | "dhcp.released" // done; RELEASE is not answered
  | "dhcp.declined"; // done; DECLINE is not answered

/** What to do about one packet. */
export type Answer =
  | {
    readonly kind: "reply";
    readonly reply: DhcpPacket;
    readonly destination: Destination;
    /** Must be on disk before the reply is sent. */
    readonly commit?: LeaseChange;
    /** Set aside at once; need not survive a restart. */
    readonly hold?: Offer;
    /** The client was told what to boot. */
    readonly boot?: BootRequest;
  }
  | { readonly kind: "silence"; readonly reason: SilenceReason; readonly commit?: LeaseChange };

const OFFER_HOLD_MS = 60_000;
/** Long enough for somebody to find the squatter, short enough not to eat the range. */
const DECLINE_QUARANTINE_MS = 3_600_000;

/**
 * Decides about one request that came in on an interface. `nowMs` is milliseconds since 1970.
 *
 * The server is authoritative for its subnets: a client with a wrong address is told so.
 */
export function answer(
  request: DhcpPacket,
  arrival: { readonly interfaceName: string },
  state: DhcpState,
  nowMs: number,
): Answer {
  if (request.op !== "request") return silence("dhcp.not_a_request");
  if (!isMachineAddress(request)) return silence("dhcp.hardware_address_invalid");
  const subnets = subnetsAt(state.site, request, arrival.interfaceName);
  const asked: Asked = { ...state, request, subnets, nowMs };
  switch (request.options.messageType) {
    case MESSAGE_TYPE.discover:
      return onDiscover(asked);
    case MESSAGE_TYPE.request:
      return onRequest(asked);
    case MESSAGE_TYPE.decline:
      return onDecline(asked);
    case MESSAGE_TYPE.release:
      return onRelease(asked);
    case MESSAGE_TYPE.inform:
      return onInform(asked);
    default:
      return silence("dhcp.not_dhcp");
  }
}

/** One request with all that bears on it. */
interface Asked extends DhcpState, Choice {
  readonly request: DhcpPacket;
  /** Those on the client's link; several share it when their addresses are mixed on one wire. */
  readonly subnets: readonly DhcpSubnet[];
}

function onDiscover(asked: Asked): Answer {
  const { request, subnets, nowMs } = asked;
  if (subnets.length === 0) return silence("dhcp.no_subnet");
  const chosen = chooseAddress(asked, subnets, request);
  if (!chosen) return silence("dhcp.no_free_address");
  const { subnet, ipv4 } = chosen;
  const { reply } = ackFor(asked, { subnet, ipv4, messageType: MESSAGE_TYPE.offer });
  const hold = { mac: request.mac, ipv4, subnetId: subnet.id, untilMs: nowMs + OFFER_HOLD_MS };
  return { kind: "reply", reply, destination: destinationOf(reply), hold };
}

/** RFC 2131 §4.3.2: what the client fills in says which state it is in. */
function onRequest(asked: Asked): Answer {
  const { request: { clientAddress, options }, site } = asked;
  const { serverId, requestedAddress } = options;
  if (serverId && !site.serverAddresses.has(serverId)) return silence("dhcp.another_server_chosen");
  const hasAddress = clientAddress !== NO_ADDRESS;
  const wanted = requestedAddress ?? (hasAddress ? clientAddress : undefined);
  if (!wanted) return silence("dhcp.address_missing");
  const isRebooting = !serverId && !hasAddress;
  return grant(asked, wanted, isRebooting);
}

function grant(asked: Asked, ipv4: Ipv4, isRebooting: boolean): Answer {
  const { request, site, book, nowMs } = asked;
  const { mac } = request;
  const [linkSubnet] = asked.subnets;
  const subnet = asked.subnets.find(({ cidr }) => cidrContains(cidr, ipv4)) ??
    routedSubnet(asked, ipv4);
  if (!subnet) {
    if (!linkSubnet) return silence("dhcp.no_subnet");
    return nak(asked, linkSubnet, `${ipv4} is not an address of this network`);
  }
  if (!mayHave(asked, subnet, { mac, ipv4 })) {
    return nak(asked, subnet, `${ipv4} is not available to ${mac}`);
  }
  const reservation = reservationIn(site, subnet, mac);
  const isKnown = reservation?.ipv4 === ipv4 || book.addressesOf(subnet.id, mac).includes(ipv4);
  if (isRebooting && !isKnown) return silence("dhcp.unknown_client");
  const { reply, boot } = ackFor(asked, { subnet, ipv4, messageType: MESSAGE_TYPE.ack });
  const commit: LeaseChange = {
    kind: "give",
    mac,
    ipv4,
    subnetId: subnet.id,
    atMs: nowMs,
    expiresAtMs: nowMs + subnet.leaseSeconds * 1_000,
    hostname: reservation?.hostname ?? clientHostName(request.options),
  };
  return { kind: "reply", reply, destination: destinationOf(reply), commit, boot };
}

function nak(asked: Asked, subnet: DhcpSubnet, message: string): Answer {
  const reply = nakFor(asked.request, subnet, message);
  return { kind: "reply", reply, destination: destinationOf(reply) };
}

function onDecline(asked: Asked): Answer {
  const { request: { mac, options: { requestedAddress, serverId } }, site, book, nowMs } = asked;
  if (serverId && !site.serverAddresses.has(serverId)) return silence("dhcp.another_server_chosen");
  if (!requestedAddress) return silence("dhcp.address_missing");
  const lease = book.leaseOfIpv4(requestedAddress, nowMs);
  if (lease?.mac !== mac) return silence("dhcp.not_the_owner");
  const end = { mac, ipv4: requestedAddress, subnetId: lease.subnetId, atMs: nowMs };
  // A promised address stays promised: an operator must clear the squatter, not we the promise.
  const commit: LeaseChange = site.reservedFor.get(requestedAddress) === mac
    ? { kind: "release", ...end }
    : { kind: "decline", ...end, untilMs: nowMs + DECLINE_QUARANTINE_MS };
  return { kind: "silence", reason: "dhcp.declined", commit };
}

function onRelease({ request, site, book, nowMs }: Asked): Answer {
  const { mac, clientAddress, options: { serverId } } = request;
  if (serverId && !site.serverAddresses.has(serverId)) return silence("dhcp.another_server_chosen");
  if (clientAddress === NO_ADDRESS) return silence("dhcp.address_missing");
  const lease = book.leaseOfIpv4(clientAddress, nowMs);
  if (lease?.mac !== mac) return silence("dhcp.not_the_owner");
  const { ipv4, subnetId } = lease;
  const commit: LeaseChange = { kind: "release", mac, ipv4, subnetId, atMs: nowMs };
  return { kind: "silence", reason: "dhcp.released", commit };
}

/** RFC 2131 §4.3.5: options for a client that has its address from elsewhere; no lease. */
function onInform(asked: Asked): Answer {
  const { request: { clientAddress }, subnets } = asked;
  if (clientAddress === NO_ADDRESS) return silence("dhcp.address_missing");
  const subnet = subnets.find(({ cidr }) => cidrContains(cidr, clientAddress)) ??
    routedSubnet(asked, clientAddress);
  if (!subnet) return silence("dhcp.no_subnet");
  const { reply, boot } = ackFor(asked, { subnet, messageType: MESSAGE_TYPE.ack });
  return { kind: "reply", reply, destination: destinationOf(reply), boot };
}

/** The subnets on the client's own link: the relay's, else those of the interface itself. */
function subnetsAt({ subnets }: DhcpSite, { relayAddress }: DhcpPacket, interfaceName: string) {
  return relayAddress === NO_ADDRESS
    ? subnets.filter((subnet) => subnet.interfaceName === interfaceName && isDirect(subnet))
    : subnets.filter(({ cidr }) => cidrContains(cidr, relayAddress));
}

/**
 * A renewal is sent straight to us, past the relay that brought the lease (RFC 2131 §4.3.2), so
 * the client's address is all that tells its subnet. It must be one that we do not sit in.
 */
function routedSubnet({ site, request }: Asked, ipv4: Ipv4): DhcpSubnet | undefined {
  if (request.relayAddress !== NO_ADDRESS || request.clientAddress !== ipv4) return undefined;
  return site.subnets.find((subnet) => !isDirect(subnet) && cidrContains(subnet.cidr, ipv4));
}

function isDirect({ cidr, serverAddress }: DhcpSubnet): boolean {
  return cidrContains(cidr, serverAddress);
}

/** The lowest bit of the first byte marks a group (IEEE 802-2014 §8.2.2): nobody's own address. */
function isMachineAddress({ mac }: DhcpPacket): boolean {
  const bytes = macAddressBytes(mac);
  return ((bytes[0] ?? 1) & 1) === 0 && bytes.some((byte) => byte !== 0);
}

/** What a client calls itself, if that is a host name at all: it ends up on screens. */
function clientHostName({ hostName }: DhcpOptions): string | undefined {
  return hostName && /^[a-z0-9][a-z0-9.-]{0,252}$/i.test(hostName) ? hostName : undefined;
}

function silence(reason: SilenceReason): Answer {
  return { kind: "silence", reason };
}
