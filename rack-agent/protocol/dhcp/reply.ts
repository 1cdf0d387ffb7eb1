import type { ClasslessRoute } from "@/rack-agent/wire/dhcp/option_formats.ts";
import type { DhcpOptions, RawOption } from "@/rack-agent/wire/dhcp/options.ts";
import { OPTIONS } from "@/rack-agent/wire/dhcp/option_table.ts";
import { type DhcpPacket, MESSAGE_TYPE, NO_ADDRESS } from "@/rack-agent/wire/dhcp/packet.ts";
import type { RelayInformation } from "@/rack-agent/wire/dhcp/relay_information.ts";
import type { Ipv4 } from "@/shared/net/ipv4.ts";
import type { MacAddress } from "@/shared/net/mac_address.ts";
import { type BootClient, bootClientOf, type BootPolicy, bootReplyFor } from "./boot_options.ts";
import { type DhcpSite, type DhcpSubnet, reservationIn } from "./site.ts";

/** Where a reply goes, RFC 2131 §4.1. Relays listen on port 67, clients on 68. */
export type Destination =
  | { readonly kind: "relay"; readonly address: Ipv4 }
  | { readonly kind: "client"; readonly address: Ipv4 } // it has this address, and answers ARP
  | { readonly kind: "broadcast" }
  | { readonly kind: "hardware"; readonly mac: MacAddress; readonly address: Ipv4 } // it does not yet
  | { readonly kind: "peer"; readonly address: Ipv4; readonly port: number }; // proxyDHCP: who asked

/** A client, and what it was told to boot. */
export interface BootRequest {
  readonly client: BootClient;
  /** File name (`pxe`) or URL (`ipxe`, `http`). */
  readonly firstProgram: string;
}

/** What every reply rests on. */
export interface ReplyContext {
  readonly request: DhcpPacket;
  readonly site: DhcpSite;
  readonly boot: BootPolicy;
  /** What the request's option 82 said, where it has one. */
  readonly relay?: RelayInformation;
}

/** An OFFER or ACK; without `ipv4`, the ACK to an INFORM. */
export function ackFor(
  context: ReplyContext,
  { subnet, ipv4, messageType }: {
    readonly subnet: DhcpSubnet;
    readonly ipv4?: Ipv4;
    readonly messageType: number;
  },
): { reply: DhcpPacket; boot?: BootRequest } {
  const { request, site, boot: policy } = context;
  const client = bootClientOf(request, subnet.serverAddress, policy);
  const boot = client && bootReplyFor(client, policy);
  const isOffer = messageType === MESSAGE_TYPE.offer;
  const { mac, options: { clientId } } = request;
  const reply: DhcpPacket = {
    ...emptyReply(request),
    clientAddress: isOffer ? NO_ADDRESS : request.clientAddress, // RFC 2131 §4.3.1, table 3
    yourAddress: ipv4 ?? NO_ADDRESS,
    serverAddress: boot?.serverAddress ?? NO_ADDRESS,
    serverName: boot?.serverName ?? "",
    bootFile: boot?.bootFile ?? "",
    options: {
      ...(ipv4 ? leaseOptions(subnet) : networkOptions(subnet)),
      messageType,
      ...identification(context, subnet),
      hostName: reservationIn(site, subnet, { mac, clientId })?.hostname,
      ...boot?.options,
    },
    extraOptions: extraOptions(site, subnet, mac),
  };
  if (!client || !boot) return { reply };
  return { reply, boot: { client, firstProgram: boot.options.bootFileName ?? "" } };
}

/** A refusal, with a reason that clients log. */
export function nakFor(context: ReplyContext, subnet: DhcpSubnet, message: string): DhcpPacket {
  const { request } = context;
  return {
    ...emptyReply(request),
    // RFC 2131 §4.3.2: the relay must broadcast it, the client's address being wrong.
    wantsBroadcast: request.relayAddress !== NO_ADDRESS || request.wantsBroadcast,
    options: { messageType: MESSAGE_TYPE.nak, ...identification(context, subnet), message },
  };
}

/**
 * What to boot and nothing else, beside somebody else's DHCP server: "proxyDHCP", PXE 2.1 §2.2.
 * Undefined for a client that does not ask to boot, or that there is no program for.
 */
export function proxyReplyFor(
  context: ReplyContext,
  subnet: DhcpSubnet,
  messageType: number,
): { reply: DhcpPacket; boot: BootRequest } | undefined {
  const { request, boot: policy } = context;
  const client = bootClientOf(request, subnet.serverAddress, policy);
  const boot = client && bootReplyFor(client, policy);
  if (!client || !boot) return undefined;
  const reply: DhcpPacket = {
    ...emptyReply(request),
    clientAddress: request.clientAddress,
    wantsBroadcast: true, // it has no address from us that a frame could be sent to
    serverAddress: boot.serverAddress,
    serverName: boot.serverName,
    bootFile: boot.bootFile,
    options: {
      messageType,
      ...identification(context, subnet),
      ...boot.options,
      // PXE 2.1 §2.2.3: an offer without it is no proxy's. HTTP firmware wants its own.
      vendorClass: client.kind === "http" ? "HTTPClient" : "PXEClient",
      vendorSpecific: client.kind === "http" ? undefined : PXE_USE_BOOT_FILE,
    },
    // A person's own 43 and 60 are for installed systems: firmware would take the offer for no proxy's.
    extraOptions: extraOptions(context.site, subnet, request.mac)
      ?.filter(({ code }) => !PXE_CODES.includes(code)),
  };
  return { reply, boot: { client, firstProgram: boot.options.bootFileName ?? "" } };
}

const PXE_CODES: readonly number[] = [OPTIONS.vendorSpecific.code, OPTIONS.vendorClass.code];

/**
 * Option 43 as PXE reads it: PXE_DISCOVERY_CONTROL (6), one byte, 8: no discovery of boot servers,
 * load the file that this reply names (PXE 2.1 table 2-1). Then END.
 */
const PXE_USE_BOOT_FILE = Uint8Array.of(6, 1, 8, 255);

/** Where to send a reply, RFC 2131 §4.1. */
export function destinationOf(reply: DhcpPacket): Destination {
  const { relayAddress, clientAddress, yourAddress, mac, options } = reply;
  if (relayAddress !== NO_ADDRESS) return { kind: "relay", address: relayAddress };
  if (options.messageType === MESSAGE_TYPE.nak) return { kind: "broadcast" };
  if (clientAddress !== NO_ADDRESS) return { kind: "client", address: clientAddress };
  if (reply.wantsBroadcast) return { kind: "broadcast" };
  return { kind: "hardware", mac, address: yourAddress };
}

/** Field by field: copying the request first would cost more than all the rest of the reply. */
function emptyReply(request: DhcpPacket): DhcpPacket {
  return {
    op: "reply",
    hardwareType: request.hardwareType,
    hops: 0,
    transactionId: request.transactionId,
    secs: 0,
    wantsBroadcast: request.wantsBroadcast,
    clientAddress: NO_ADDRESS,
    yourAddress: NO_ADDRESS,
    serverAddress: NO_ADDRESS,
    relayAddress: request.relayAddress,
    mac: request.mac,
    serverName: "",
    bootFile: "",
    options: {},
  };
}

function identification({ request, relay }: ReplyContext, subnet: DhcpSubnet): DhcpOptions {
  const { options } = request;
  return {
    serverId: relay?.serverIdOverride ?? subnet.serverAddress, // RFC 5107 §3
    clientId: options.clientId, // RFC 6842 §3
    machineUuid: options.machineUuid, // RFC 4578 §2.3: some PXE ROMs drop a reply without it
    agentInformation: options.agentInformation, // RFC 3046 §2.2
  };
}

/** The options that people wrote; a machine's go before its subnet's. */
function extraOptions(
  site: DhcpSite,
  subnet: DhcpSubnet,
  mac: MacAddress,
): readonly RawOption[] | undefined {
  const ofMachine = site.optionsOf.get(mac);
  if (!ofMachine) return subnet.options;
  const isOwn = ({ code }: RawOption) => ofMachine.some((own) => own.code === code);
  return [...(subnet.options ?? []).filter((option) => !isOwn(option)), ...ofMachine];
}

/** RFC 2131 §4.4.5: renew at half of the lease, ask anybody at seven eighths. */
function leaseTimes(leaseSeconds: number): DhcpOptions {
  return {
    leaseSeconds,
    renewalSeconds: Math.floor(leaseSeconds / 2),
    rebindingSeconds: Math.floor((leaseSeconds * 7) / 8),
  };
}

/**
 * All that the subnet has, asked for or not (option 55): boot ROMs use options they never list,
 * and RFC 2131 §4.3.1 allows it. Made once for each subnet.
 */
function networkOptions(subnet: DhcpSubnet): DhcpOptions {
  const known = networkOptionsOf.get(subnet);
  if (known) return known;
  const { cidr, gateway, domain, mtuBytes } = subnet;
  const options: DhcpOptions = {
    subnetMask: cidr.netmask,
    broadcastAddress: cidr.broadcast,
    routers: gateway && [gateway],
    dnsServers: unlessEmpty(subnet.dnsServers),
    ntpServers: unlessEmpty(subnet.ntpServers),
    domainName: domain,
    domainSearch: unlessEmpty(subnet.searchDomains),
    interfaceMtu: mtuBytes,
    classlessRoutes: unlessEmpty(routesOf(subnet)),
  };
  networkOptionsOf.set(subnet, options);
  return options;
}

const networkOptionsOf = new WeakMap<DhcpSubnet, DhcpOptions>();

/** The same, with what an address brings. */
function leaseOptions(subnet: DhcpSubnet): DhcpOptions {
  const known = leaseOptionsOf.get(subnet);
  if (known) return known;
  const options = { ...networkOptions(subnet), ...leaseTimes(subnet.leaseSeconds) };
  leaseOptionsOf.set(subnet, options);
  return options;
}

const leaseOptionsOf = new WeakMap<DhcpSubnet, DhcpOptions>();

/** RFC 3442: who reads option 121 ignores option 3, so the default route must be in it too. */
function routesOf({ classlessRoutes = [], gateway }: DhcpSubnet): readonly ClasslessRoute[] {
  const hasDefault = classlessRoutes.some(({ prefixBits }) => prefixBits === 0);
  if (classlessRoutes.length === 0 || hasDefault || !gateway) return classlessRoutes;
  return [...classlessRoutes, { destination: NO_ADDRESS, prefixBits: 0, gateway }];
}

function unlessEmpty<T>(list: readonly T[] | undefined): readonly T[] | undefined {
  return list && list.length > 0 ? list : undefined;
}
