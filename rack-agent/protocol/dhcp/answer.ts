import { MESSAGE_TYPE, NO_ADDRESS } from "@/rack-agent/wire/dhcp/packet.ts";
import type { DhcpPacket } from "@/rack-agent/wire/dhcp/packet.ts";
import { cidrContains } from "@/shared/net/cidr.ts";
import type { Ipv4 } from "@/shared/net/ipv4.ts";
import { type Arrival, type Asked, askedBy, type DhcpState, PROXY_PORT } from "./asked.ts";
import { chooseAddress, type Chosen, isKnownTo, mayHave } from "./choose_address.ts";
import type { LeaseChange } from "./lease.ts";
import type { Offer } from "./lease_book.ts";
import type { NewcomerPlace } from "./newcomers.ts";
import { onProxyDiscover, onProxyRequest } from "./proxy.ts";
import { ackFor, type BootRequest, type Destination, destinationOf, nakFor } from "./reply.ts";
import { type DhcpSubnet, isDirect, reservationIn } from "./site.ts";

/** Why nothing is sent. Stable: counters and explanations are kept under these names. */
export type SilenceReason =
  | "dhcp.not_a_request" // a reply; some other server's, or forged
  | "dhcp.not_dhcp" // BOOTP, or a message type that only servers send
  | "dhcp.hardware_address_invalid" // group address or all zero
  | "dhcp.no_subnet" // nothing configured for that interface or relay
  | "dhcp.no_free_address" // no reservation, and the ranges are full or absent
  | "dhcp.too_many_newcomers" // its port or link has brought up more new machines than it may
  | "dhcp.another_server_chosen" // the client took somebody else's offer
  | "dhcp.address_missing" // a message that must name an address and does not
  | "dhcp.unknown_client" // INIT-REBOOT with an address we know nothing of: RFC 2131 §4.3.2
  | "dhcp.not_the_owner" // RELEASE or DECLINE of an address that is not the sender's
  | "dhcp.another_server_gives" // a proxied subnet: addresses are somebody else's business
  | "dhcp.not_booting" // a proxied subnet, and the client does not ask to boot
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
    /** The address must be seen to be free before the reply is sent; somebody may use it unasked. */
    readonly probe?: DhcpSubnet;
    /** A machine that was not known; to be counted. */
    readonly newcomer?: NewcomerPlace;
    /** The client was told what to boot. */
    readonly boot?: BootRequest;
  }
  | {
    readonly kind: "silence";
    readonly reason: SilenceReason;
    readonly commit?: LeaseChange;
    /** Subnets, by id, of an offer of ours that the client did not take. */
    readonly withdraw?: readonly number[];
    /** What it was about, for whoever asks why: the other server, the full place. */
    readonly about?: string;
  };

const OFFER_HOLD_MS = 60_000;
/** Long enough for somebody to find the squatter, short enough not to eat the range. */
const DECLINE_SECONDS = 3_600;

/**
 * Decides about one request that came in on an interface. `nowMs` is milliseconds since 1970.
 *
 * The server is authoritative for its subnets: a client with a wrong address is told so.
 */
export function answer(
  request: DhcpPacket,
  arrival: Arrival,
  state: DhcpState,
  nowMs: number,
): Answer {
  if (request.op !== "request") return silence("dhcp.not_a_request");
  if (!isMachineAddress(request)) return silence("dhcp.hardware_address_invalid");
  const asked = askedBy(request, arrival, state, nowMs);
  if (arrival.port === PROXY_PORT) return onProxyRequest(asked);
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

function onDiscover(asked: Asked): Answer {
  const { client, subnets, nowMs } = asked;
  if (subnets.length === 0) {
    return asked.proxied ? onProxyDiscover(asked, asked.proxied) : silence("dhcp.no_subnet");
  }
  const chosen = chooseAddress(asked, subnets, client);
  if (!chosen) return silence("dhcp.no_free_address", subnetNames(subnets));
  const { subnet, ipv4, isKnown } = chosen;
  const full = isKnown ? undefined : asked.newcomers?.fullPlace(asked.place, nowMs);
  if (full) return silence("dhcp.too_many_newcomers", full);
  const { reply } = ackFor(asked, { subnet, ipv4, messageType: MESSAGE_TYPE.offer });
  const hold = { mac: client.mac, ipv4, subnetId: subnet.id, untilMs: nowMs + OFFER_HOLD_MS };
  return {
    kind: "reply",
    reply,
    destination: destinationOf(reply),
    hold,
    ...forNewcomer(asked, chosen),
  };
}

function forNewcomer({ place }: Asked, { subnet, isKnown }: Chosen) {
  if (isKnown) return {};
  return { newcomer: place, ...(subnet.probe === false ? {} : { probe: subnet }) };
}

/** RFC 2131 §4.3.2: what the client fills in says which state it is in. */
function onRequest(asked: Asked): Answer {
  const { request: { clientAddress, options } } = asked;
  const { serverId, requestedAddress } = options;
  if (isForAnother(asked)) {
    const withdraw = asked.subnets.map(({ id }) => id);
    return { kind: "silence", reason: "dhcp.another_server_chosen", about: serverId, withdraw };
  }
  const hasAddress = clientAddress !== NO_ADDRESS;
  const wanted = requestedAddress ?? (hasAddress ? clientAddress : undefined);
  if (!wanted) return silence("dhcp.address_missing");
  const isRebooting = !serverId && !hasAddress;
  return grant(asked, wanted, isRebooting);
}

function grant(asked: Asked, ipv4: Ipv4, isRebooting: boolean): Answer {
  const { client, site, nowMs } = asked;
  const [linkSubnet] = asked.subnets;
  const subnet = asked.subnets.find(({ cidr }) => cidrContains(cidr, ipv4)) ??
    routedSubnet(asked, ipv4);
  if (!subnet) {
    if (linkSubnet) return nak(asked, linkSubnet, `${ipv4} is not an address of this network`);
    return silence(asked.proxied ? "dhcp.another_server_gives" : "dhcp.no_subnet");
  }
  if (!mayHave(asked, subnet, client, ipv4)) {
    return nak(asked, subnet, `${ipv4} is not available to ${client.mac}`);
  }
  const isKnown = isKnownTo(asked, subnet, client, ipv4);
  if (isRebooting && !isKnown) return silence("dhcp.unknown_client", ipv4);
  const full = isKnown ? undefined : asked.newcomers?.fullPlace(asked.place, nowMs);
  if (full) return silence("dhcp.too_many_newcomers", full);
  const { reply, boot } = ackFor(asked, { subnet, ipv4, messageType: MESSAGE_TYPE.ack });
  const commit: LeaseChange = {
    kind: "give",
    mac: client.mac,
    ipv4,
    subnetId: subnet.id,
    atMs: nowMs,
    expiresAtMs: nowMs + subnet.leaseSeconds * 1_000,
    hostname: reservationIn(site, subnet, client)?.hostname ?? clientHostName(asked),
  };
  const newcomer = isKnown ? {} : { newcomer: asked.place };
  return { kind: "reply", reply, destination: destinationOf(reply), commit, boot, ...newcomer };
}

function nak(asked: Asked, subnet: DhcpSubnet, message: string): Answer {
  const reply = nakFor(asked, subnet, message);
  return { kind: "reply", reply, destination: destinationOf(reply) };
}

function onDecline(asked: Asked): Answer {
  const { request: { mac, options: { requestedAddress, serverId } }, site, book, nowMs } = asked;
  if (isForAnother(asked)) return silence("dhcp.another_server_chosen", serverId);
  if (!requestedAddress) return silence("dhcp.address_missing");
  const lease = book.leaseOfIpv4(requestedAddress, nowMs);
  if (lease?.mac !== mac) return silence("dhcp.not_the_owner", requestedAddress);
  const end = { mac, ipv4: requestedAddress, subnetId: lease.subnetId, atMs: nowMs };
  const subnet = site.subnets.find(({ id }) => id === lease.subnetId);
  const untilMs = nowMs + (subnet?.declineSeconds ?? DECLINE_SECONDS) * 1_000;
  // A promised address stays promised: an operator must clear the squatter, not we the promise.
  const commit: LeaseChange = site.reservations.has(requestedAddress)
    ? { kind: "release", ...end }
    : { kind: "decline", ...end, untilMs };
  return { kind: "silence", reason: "dhcp.declined", commit, about: requestedAddress };
}

function onRelease(asked: Asked): Answer {
  const { request: { mac, clientAddress, options: { serverId } }, book, nowMs } = asked;
  if (isForAnother(asked)) return silence("dhcp.another_server_chosen", serverId);
  if (clientAddress === NO_ADDRESS) return silence("dhcp.address_missing");
  const lease = book.leaseOfIpv4(clientAddress, nowMs);
  if (lease?.mac !== mac) return silence("dhcp.not_the_owner", clientAddress);
  const { ipv4, subnetId } = lease;
  const commit: LeaseChange = { kind: "release", mac, ipv4, subnetId, atMs: nowMs };
  return { kind: "silence", reason: "dhcp.released", commit, about: ipv4 };
}

/** RFC 2131 §4.3.5: options for a client that has its address from elsewhere; no lease. */
function onInform(asked: Asked): Answer {
  const { request: { clientAddress }, subnets } = asked;
  if (clientAddress === NO_ADDRESS) return silence("dhcp.address_missing");
  const subnet = subnets.find(({ cidr }) => cidrContains(cidr, clientAddress)) ??
    routedSubnet(asked, clientAddress);
  if (!subnet) return silence(asked.proxied ? "dhcp.another_server_gives" : "dhcp.no_subnet");
  const { reply, boot } = ackFor(asked, { subnet, messageType: MESSAGE_TYPE.ack });
  return { kind: "reply", reply, destination: destinationOf(reply), boot };
}

/** True when the client names a server, and it is neither us nor what our relay calls us. */
function isForAnother({ request: { options: { serverId } }, site, relay }: Asked): boolean {
  if (!serverId || serverId === relay?.serverIdOverride) return false;
  return !site.serverAddresses.has(serverId);
}

/**
 * A renewal is sent straight to us, past the relay that brought the lease (RFC 2131 §4.3.2), so
 * the client's address is all that tells its subnet. It must be one that we do not sit in.
 */
function routedSubnet({ site, request }: Asked, ipv4: Ipv4): DhcpSubnet | undefined {
  if (request.relayAddress !== NO_ADDRESS || request.clientAddress !== ipv4) return undefined;
  return site.subnets.find((subnet) =>
    subnet.mode !== "proxy" && !isDirect(subnet) && cidrContains(subnet.cidr, ipv4)
  );
}

/** The lowest bit of the first byte marks a group (IEEE 802-2014 §8.2.2): nobody's own address. */
function isMachineAddress({ mac }: DhcpPacket): boolean {
  return !"13579bdf".includes(mac.charAt(1)) && mac !== NO_MAC_ADDRESS;
}

const NO_MAC_ADDRESS = "00:00:00:00:00:00";

/** What a client calls itself, if that is a host name at all: it ends up on screens. */
function clientHostName({ request: { options: { hostName } } }: Asked): string | undefined {
  return hostName && /^[a-z0-9][a-z0-9.-]{0,252}$/i.test(hostName) ? hostName : undefined;
}

function subnetNames(subnets: readonly DhcpSubnet[]): string {
  return subnets.map(({ cidr }) => `${cidr.network}/${cidr.prefixBits}`).join(", ");
}

function silence(reason: SilenceReason, about?: string): Answer {
  return about === undefined ? { kind: "silence", reason } : { kind: "silence", reason, about };
}
