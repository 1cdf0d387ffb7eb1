import type { DhcpOptions } from "@/rack-agent/wire/dhcp/options.ts";
import { type DhcpPacket, MESSAGE_TYPE, NO_ADDRESS } from "@/rack-agent/wire/dhcp/packet.ts";
import type { Ipv4 } from "@/shared/net/ipv4.ts";
import type { MacAddress } from "@/shared/net/mac_address.ts";
import { type BootClient, bootClientOf, type BootPolicy, bootReplyFor } from "./boot_options.ts";
import { type DhcpSite, type DhcpSubnet, reservationIn } from "./site.ts";

/** Where a reply goes, RFC 2131 §4.1. Relays listen on port 67, clients on 68. */
export type Destination =
  | { readonly kind: "relay"; readonly address: Ipv4 }
  | { readonly kind: "client"; readonly address: Ipv4 } // it has this address, and answers ARP
  | { readonly kind: "broadcast" }
  | { readonly kind: "hardware"; readonly mac: MacAddress; readonly address: Ipv4 }; // it does not yet

/** A client, and what it was told to boot. */
export interface BootRequest {
  readonly client: BootClient;
  /** File name (`pxe`) or URL (`ipxe`, `http`). */
  readonly firstProgram: string;
}

/** An OFFER or ACK; without `ipv4`, the ACK to an INFORM. */
export function ackFor(
  { request, site, boot: policy }: {
    readonly request: DhcpPacket;
    readonly site: DhcpSite;
    readonly boot: BootPolicy;
  },
  { subnet, ipv4, messageType }: {
    readonly subnet: DhcpSubnet;
    readonly ipv4?: Ipv4;
    readonly messageType: number;
  },
): { reply: DhcpPacket; boot?: BootRequest } {
  const client = bootClientOf(request, subnet.serverAddress);
  const boot = client && bootReplyFor(client, policy);
  const isOffer = messageType === MESSAGE_TYPE.offer;
  const reply: DhcpPacket = {
    ...emptyReply(request),
    clientAddress: isOffer ? NO_ADDRESS : request.clientAddress, // RFC 2131 §4.3.1, table 3
    yourAddress: ipv4 ?? NO_ADDRESS,
    serverAddress: boot?.serverAddress ?? NO_ADDRESS,
    serverName: boot?.serverName ?? "",
    bootFile: boot?.bootFile ?? "",
    options: {
      messageType,
      ...identification(request, subnet),
      ...(ipv4 && leaseTimes(subnet.leaseSeconds)),
      ...networkOptions(subnet),
      hostName: reservationIn(site, subnet, request.mac)?.hostname,
      ...boot?.options,
    },
  };
  if (!client || !boot) return { reply };
  return { reply, boot: { client, firstProgram: boot.options.bootFileName ?? "" } };
}

/** A refusal, with a reason that clients log. */
export function nakFor(request: DhcpPacket, subnet: DhcpSubnet, message: string): DhcpPacket {
  return {
    ...emptyReply(request),
    // RFC 2131 §4.3.2: the relay must broadcast it, the client's address being wrong.
    wantsBroadcast: request.relayAddress !== NO_ADDRESS || request.wantsBroadcast,
    options: { messageType: MESSAGE_TYPE.nak, ...identification(request, subnet), message },
  };
}

/** Where to send a reply, RFC 2131 §4.1. */
export function destinationOf(reply: DhcpPacket): Destination {
  const { relayAddress, clientAddress, yourAddress, mac, options } = reply;
  if (relayAddress !== NO_ADDRESS) return { kind: "relay", address: relayAddress };
  if (options.messageType === MESSAGE_TYPE.nak) return { kind: "broadcast" };
  if (clientAddress !== NO_ADDRESS) return { kind: "client", address: clientAddress };
  if (reply.wantsBroadcast) return { kind: "broadcast" };
  return { kind: "hardware", mac, address: yourAddress };
}

function emptyReply(request: DhcpPacket): DhcpPacket {
  return {
    ...request,
    op: "reply",
    hops: 0,
    secs: 0,
    clientAddress: NO_ADDRESS,
    yourAddress: NO_ADDRESS,
    serverAddress: NO_ADDRESS,
    serverName: "",
    bootFile: "",
    options: {},
  };
}

function identification({ options }: DhcpPacket, subnet: DhcpSubnet): DhcpOptions {
  return {
    serverId: subnet.serverAddress,
    clientId: options.clientId, // RFC 6842 §3
    machineUuid: options.machineUuid, // RFC 4578 §2.3: some PXE ROMs drop a reply without it
    agentInformation: options.agentInformation, // RFC 3046 §2.2
  };
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
 * and RFC 2131 §4.3.1 allows it.
 */
function networkOptions(subnet: DhcpSubnet): DhcpOptions {
  const { cidr, gateway, dnsServers, ntpServers = [], domain, mtuBytes } = subnet;
  return {
    subnetMask: cidr.netmask,
    broadcastAddress: cidr.broadcast,
    routers: gateway && [gateway],
    dnsServers: dnsServers.length > 0 ? dnsServers : undefined,
    ntpServers: ntpServers.length > 0 ? ntpServers : undefined,
    domainName: domain,
    interfaceMtu: mtuBytes,
  };
}
