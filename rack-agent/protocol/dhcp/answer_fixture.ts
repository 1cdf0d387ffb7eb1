import type { DhcpOptions } from "@/rack-agent/wire/dhcp/options.ts";
import { type DhcpPacket, MESSAGE_TYPE } from "@/rack-agent/wire/dhcp/packet.ts";
import { parseCidr } from "@/shared/net/cidr.ts";
import { type Ipv4, parseIpv4 } from "@/shared/net/ipv4.ts";
import { parseMacAddress } from "@/shared/net/mac_address.ts";
import { type Answer, answer } from "./answer.ts";
import type { Arrival, DhcpState } from "./asked.ts";
import { IPXE_FIRST_PROGRAMS } from "./boot_options.ts";
import { LeaseBook } from "./lease_book.ts";
import type { Reservation } from "./reservations.ts";
import { buildSite, type DhcpSubnet } from "./site.ts";

// For the tests of this folder: a small site, and requests as clients in each state send them.

export const ip = parseIpv4;
export const SERVER = ip("192.0.2.1");
export const NONE = ip("0.0.0.0");
export const MAC = parseMacAddress("52:54:00:77:00:01");
export const OTHER = parseMacAddress("52:54:00:77:00:02");
export const HERE = { interfaceName: "eth0" };

export const subnet: DhcpSubnet = {
  id: 1,
  interfaceName: "eth0",
  cidr: parseCidr("192.0.2.0/24"),
  serverAddress: SERVER,
  gateway: ip("192.0.2.254"),
  dnsServers: [ip("192.0.2.53")],
  domain: "example.test",
  mtuBytes: 9_000,
  leaseSeconds: 600,
  probe: false,
  ranges: [{ first: ip("192.0.2.10"), last: ip("192.0.2.12") }],
};
/** Behind a relay: our address is not in it. */
export const remote: DhcpSubnet = {
  ...subnet,
  id: 2,
  cidr: parseCidr("198.51.100.0/24"),
  gateway: ip("198.51.100.254"),
  ranges: [{ first: ip("198.51.100.10"), last: ip("198.51.100.20") }],
};
/** On another interface. */
export const other: DhcpSubnet = {
  ...subnet,
  id: 3,
  interfaceName: "eth1",
  cidr: parseCidr("203.0.113.0/24"),
  serverAddress: ip("203.0.113.1"),
  gateway: undefined,
  ranges: [{ first: ip("203.0.113.10"), last: ip("203.0.113.20") }],
};

export function stateOf(
  reservations: readonly Reservation[] = [],
  subnets = [subnet, remote, other],
) {
  const site = buildSite({ subnets, reservations });
  const book = new LeaseBook();
  book.configure(site);
  const boot: DhcpState["boot"] = {
    firstPrograms: IPXE_FIRST_PROGRAMS,
    scriptUrl: ({ mac, serverAddress }) => `http://${serverAddress}:8080/boot/${mac}/ipxe`,
    programUrl: (file, { serverAddress }) => `http://${serverAddress}:8080/${file}`,
  };
  return { site, book, boot };
}

export function packet(changes: Partial<DhcpPacket>, options: DhcpOptions): DhcpPacket {
  return {
    op: "request",
    hardwareType: 1,
    hops: 0,
    transactionId: 7,
    secs: 3,
    wantsBroadcast: false,
    clientAddress: NONE,
    yourAddress: NONE,
    serverAddress: NONE,
    relayAddress: NONE,
    mac: MAC,
    serverName: "",
    bootFile: "",
    ...changes,
    options,
  };
}

export const discover = (changes: Partial<DhcpPacket> = {}, options: DhcpOptions = {}) =>
  packet(changes, { messageType: MESSAGE_TYPE.discover, ...options });
/** REQUEST after our offer. */
export const selecting = (address: Ipv4, changes: Partial<DhcpPacket> = {}) =>
  packet(changes, {
    messageType: MESSAGE_TYPE.request,
    serverId: SERVER,
    requestedAddress: address,
  });
export const rebooting = (address: Ipv4, changes: Partial<DhcpPacket> = {}) =>
  packet(changes, { messageType: MESSAGE_TYPE.request, requestedAddress: address });
export const renewing = (address: Ipv4, changes: Partial<DhcpPacket> = {}) =>
  packet({ clientAddress: address, ...changes }, { messageType: MESSAGE_TYPE.request });

/** What the service does with an answer, without sockets or disk. */
export function handle(
  state: DhcpState,
  request: DhcpPacket,
  nowMs = 0,
  arrival: Arrival = HERE,
): Answer {
  const decided = answer(request, arrival, state, nowMs);
  if (decided.kind === "reply" && decided.newcomer) state.newcomers?.count(decided.newcomer, nowMs);
  if (decided.kind === "reply" && decided.hold) state.book.hold(decided.hold, nowMs);
  if (decided.kind === "silence") {
    for (const id of decided.withdraw ?? []) state.book.withdraw(id, request.mac, nowMs);
  }
  if (decided.commit) state.book.apply(decided.commit);
  return decided;
}

export function replyTo(
  state: DhcpState,
  request: DhcpPacket,
  nowMs = 0,
  arrival: Arrival = HERE,
): DhcpPacket {
  const decided = handle(state, request, nowMs, arrival);
  if (decided.kind === "silence") throw new Error(`no reply: ${decided.reason}`);
  return decided.reply;
}

export function lease(state: DhcpState, mac = MAC, nowMs = 0): Ipv4 {
  const { yourAddress } = replyTo(state, discover({ mac }), nowMs);
  replyTo(state, selecting(yourAddress, { mac }), nowMs);
  return yourAddress;
}
