import { type Ipv4, parseIpv4 } from "@/shared/net/ipv4.ts";
import { type MacAddress, parseMacAddress } from "@/shared/net/mac_address.ts";

/** An address in use. Times are milliseconds since 1970. */
export interface Lease {
  readonly mac: MacAddress;
  readonly ipv4: Ipv4;
  readonly subnetId: number;
  /** When it was given or last renewed. */
  readonly atMs: number;
  readonly expiresAtMs: number;
  /** From the reservation, else what the client calls itself. */
  readonly hostname?: string;
}

/** What must be on disk before anybody hears of it. Applied in order, changes make the lease book. */
export type LeaseChange =
  | ({ readonly kind: "give" } & Lease)
  | ({ readonly kind: "release" } & LeaseEnd)
  | ({ readonly kind: "decline"; readonly untilMs: number } & LeaseEnd);

interface LeaseEnd {
  readonly mac: MacAddress;
  readonly ipv4: Ipv4;
  readonly subnetId: number;
  readonly atMs: number;
}

/** What happened to a lease, for whoever watches the site. */
export interface LeaseEvent {
  readonly kind: "given" | "renewed" | "released" | "declined" | "expired";
  readonly mac: MacAddress;
  readonly ipv4: Ipv4;
  readonly subnetId: number;
  readonly atMs: number;
  /** Of what was given or renewed. */
  readonly expiresAtMs?: number;
  readonly hostname?: string;
}

/** A change as JSON, as `parseLeaseChange` reads it. One line, Latin-1. */
export function formatLeaseChange(change: LeaseChange): string {
  const { kind, mac, ipv4, subnetId, atMs } = change;
  // By hand, on the way of every lease: only a host name could need escaping.
  const start =
    `{"kind":"${kind}","mac":"${mac}","ipv4":"${ipv4}","subnetId":${subnetId},"atMs":${atMs}`;
  switch (kind) {
    case "give": {
      const name = change.hostname === undefined ? "" : `,"hostname":${asciiJson(change.hostname)}`;
      return `${start},"expiresAtMs":${change.expiresAtMs}${name}}`;
    }
    case "decline":
      return `${start},"untilMs":${change.untilMs}}`;
    case "release":
      return `${start}}`;
  }
}

function asciiJson(text: string): string {
  return JSON.stringify(text).replaceAll(
    /[^\x20-\x7e]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Reads back a change that was stored as JSON; undefined when it is not one. */
export function parseLeaseChange(json: unknown): LeaseChange | undefined {
  if (typeof json !== "object" || json === null) return undefined;
  const { kind, mac, ipv4, subnetId, atMs, expiresAtMs, untilMs, hostname } = json as Record<
    string,
    unknown
  >; // any object may be read as unknown values by name
  if (typeof mac !== "string" || typeof ipv4 !== "string") return undefined;
  if (!isWhole(subnetId) || !isWhole(atMs)) return undefined;
  try {
    const end = { mac: parseMacAddress(mac), ipv4: parseIpv4(ipv4), subnetId, atMs };
    if (kind === "release") return { kind, ...end };
    if (kind === "decline" && isWhole(untilMs)) return { kind, ...end, untilMs };
    if (kind !== "give" || !isWhole(expiresAtMs)) return undefined;
    const name = typeof hostname === "string" ? { hostname } : {};
    return { kind, ...end, expiresAtMs, ...name };
  } catch {
    return undefined; // the address texts were not addresses
  }
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value);
}
