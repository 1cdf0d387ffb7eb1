import { type IpAddress, ipFromBigint, ipToBigint } from "@/shared/net/ip_address.ts";
import { type IpNetwork, networkContains } from "@/shared/net/ip_network.ts";
import { DEFAULT_TTL_SECONDS, type Zone } from "./zone.ts";

/** A zone that tells the names of some addresses of a subnet. */
export interface ReverseZone {
  /** Without the dot at the end. */
  readonly origin: string;
  /** The addresses it covers: never more than the subnet's own. */
  readonly first: bigint;
  readonly last: bigint;
  /** The zone above must point here, RFC 2317; null: it is delegated like any other. */
  readonly parent: string | null;
}

/** An address and the complete name of whoever has it. */
export interface NamedAddress {
  readonly address: IpAddress;
  /** With the dot at the end. */
  readonly name: string;
}

/**
 * The reverse zones of a subnet.
 *
 * DNS divides IPv4 at bytes and IPv6 at four bits (RFC 1035 §3.5, RFC 3596 §2.5): a subnet between
 * has several zones, 128 at the most for /1, and an IPv4 one longer than /24 has the zone of RFC 2317.
 */
export function reverseZonesOf(network: IpNetwork): ReverseZone[] {
  const isV6 = network.family === 6;
  const [totalBits, stepBits] = isV6 ? [128, 4] : [32, 8];
  const { prefixBits } = network;
  const first = ipToBigint(network.first);
  if (!isV6 && prefixBits > 24) {
    const parent = originOf(first, 24, network.family);
    const origin = `${first & 255n}-${prefixBits}.${parent}`;
    return [{ origin, first, last: ipToBigint(network.last), parent }];
  }
  const zoneBits = Math.max(Math.ceil(prefixBits / stepBits) * stepBits, stepBits);
  const size = 1n << BigInt(totalBits - zoneBits);
  return Array.from({ length: 2 ** (zoneBits - prefixBits) }, (_, i) => {
    const start = first + BigInt(i) * size;
    const origin = originOf(start, zoneBits, network.family);
    return { origin, first: start, last: start + size - 1n, parent: null };
  });
}

/** The zone's file: a name for each address that has one; the first when there are several. */
export function buildReverseZone(
  zone: ReverseZone,
  network: IpNetwork,
  { named, nameServers, mailbox }: {
    named: readonly NamedAddress[];
    nameServers: readonly string[];
    mailbox: string;
  },
): Zone {
  const byAddress = new Map<bigint, string>();
  for (const { address, name } of named) {
    const value = ipToBigint(address);
    const isHere = networkContains(network, address) && value >= zone.first && value <= zone.last;
    if (isHere && !byAddress.has(value)) byAddress.set(value, name);
  }
  const records = [...byAddress].toSorted(([a], [b]) => a < b ? -1 : 1).map(([value, data]) => ({
    name: ownerOf(value, zone, network.family),
    type: "PTR" as const,
    data,
    ttl: null,
  }));
  const comments = zone.parent === null ? [] : parentComments(zone, zone.parent);
  const ttlSeconds = DEFAULT_TTL_SECONDS;
  return { origin: zone.origin, ttlSeconds, nameServers, mailbox, comments, records };
}

function originOf(address: bigint, zoneBits: number, family: 4 | 6): string {
  return `${
    labelsOf(address, family).slice(0, zoneBits / (family === 6 ? 4 : 8)).toReversed().join(".")
  }.${family === 6 ? "ip6" : "in-addr"}.arpa`;
}

function ownerOf(address: bigint, zone: ReverseZone, family: 4 | 6): string {
  const labels = labelsOf(address, family);
  if (zone.parent !== null) return labels.at(-1) ?? "@";
  const zoneLabels = zone.origin.split(".").length - 2;
  return labels.slice(zoneLabels).toReversed().join(".") || "@";
}

/** The bytes of an IPv4 address, or the 32 hexadecimal digits of an IPv6 one. */
function labelsOf(address: bigint, family: 4 | 6): string[] {
  if (family === 4) return ipFromBigint(address, 4).split(".");
  return [...address.toString(16).padStart(32, "0")];
}

/** RFC 2317 §4: the names people ask for are the parent's, which points each of them here. */
function parentComments(zone: ReverseZone, parent: string): string[] {
  const label = zone.origin.slice(0, -parent.length - 1);
  const range = `${zone.first & 255n}-${zone.last & 255n}`;
  return [
    `RFC 2317: the zone ${parent} must have an NS record for ${label}, and`,
    `$GENERATE ${range} $ CNAME $.${label}`,
  ];
}
