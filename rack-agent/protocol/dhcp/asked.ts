import { type DhcpPacket, NO_ADDRESS } from "@/rack-agent/wire/dhcp/packet.ts";
import {
  decodeRelayInformation,
  type RelayInformation,
} from "@/rack-agent/wire/dhcp/relay_information.ts";
import { cidrContains } from "@/shared/net/cidr.ts";
import type { Ipv4 } from "@/shared/net/ipv4.ts";
import type { BootPolicy } from "./boot_options.ts";
import type { Choice } from "./choose_address.ts";
import type { LeaseBook } from "./lease_book.ts";
import type { NewcomerPlace, Newcomers } from "./newcomers.ts";
import type { ReplyContext } from "./reply.ts";
import type { Client } from "./reservations.ts";
import type { DhcpSite, DhcpSubnet } from "./site.ts";

/** Where firmware asks a proxy again for the file to load (PXE 2.1 §2.2.1). */
export const PROXY_PORT = 4011;

/** How a request came in. */
export interface Arrival {
  readonly interfaceName: string;
  /** The port it was sent to: 67 or PROXY_PORT. Absent: 67. */
  readonly port?: number;
  /** Who sent it; only a proxy's answer goes back there. */
  readonly source?: { readonly address: Ipv4; readonly port: number };
}

/** Everything a decision rests on besides the packet. It is read, never written. */
export interface DhcpState {
  readonly site: DhcpSite;
  readonly book: LeaseBook;
  readonly boot: BootPolicy;
  /** Absent: newcomers are not limited. */
  readonly newcomers?: Newcomers;
}

/** One request with all that bears on it. */
export interface Asked extends DhcpState, Choice, ReplyContext {
  readonly request: DhcpPacket;
  readonly arrival: Arrival;
  readonly client: Client & { readonly requestedAddress?: Ipv4 };
  /** Those on the client's link; several share it when their addresses are mixed on one wire. */
  readonly subnets: readonly DhcpSubnet[];
  /** The subnet there that is only proxied, when none is served. */
  readonly proxied?: DhcpSubnet;
  readonly place: NewcomerPlace;
}

/** Puts together what a request is decided from. Throws DecodeError for a damaged option 82. */
export function askedBy(
  request: DhcpPacket,
  arrival: Arrival,
  state: DhcpState,
  nowMs: number,
): Asked {
  const { mac, options: { agentInformation, clientId, requestedAddress } } = request;
  const relay = agentInformation && decodeRelayInformation(agentInformation);
  const onLink = subnetsAt(state.site, request, relay, arrival.interfaceName);
  const subnets = onLink.every(isServed) ? onLink : onLink.filter(isServed);
  return {
    site: state.site,
    book: state.book,
    boot: state.boot,
    newcomers: state.newcomers,
    request,
    arrival,
    client: { mac, clientId, requestedAddress },
    relay,
    subnets,
    proxied: subnets.length === 0 ? onLink.find((subnet) => !isServed(subnet)) : undefined,
    place: placeOf(request, arrival, relay),
    nowMs,
  };
}

function isServed({ mode }: DhcpSubnet): boolean {
  return mode !== "proxy";
}

/**
 * The subnets on the client's own link: those of the address that the relay (RFC 3527 §3) or the
 * client (RFC 3011 §3) selects, else of the relay's own, else of the interface.
 */
function subnetsAt(
  { subnets, onInterface }: DhcpSite,
  { relayAddress, options }: DhcpPacket,
  relay: RelayInformation | undefined,
  interfaceName: string,
): readonly DhcpSubnet[] {
  if (relayAddress === NO_ADDRESS) return onInterface.get(interfaceName) ?? [];
  const link = relay?.linkSelection ?? options.subnetSelection ?? relayAddress;
  return subnets.filter(({ cidr }) => cidrContains(cidr, link));
}

function placeOf(
  { relayAddress }: DhcpPacket,
  { interfaceName }: Arrival,
  relay: RelayInformation | undefined,
): NewcomerPlace {
  const link = relayAddress === NO_ADDRESS ? interfaceName : `relay ${relayAddress}`;
  if (!relay?.circuitId) return { link };
  const remote = relay.remoteId ? ` of ${printable(relay.remoteId)}` : "";
  return { link, port: `${link} port ${printable(relay.circuitId)}${remote}` };
}

/** As text where it is text, as most switches write it; else in hex. */
function printable(bytes: Uint8Array): string {
  const isText = bytes.length > 0 && bytes.every((byte) => byte >= 0x20 && byte < 0x7f);
  if (isText) return String.fromCharCode(...bytes);
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
