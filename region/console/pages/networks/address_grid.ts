import type { OutputOf } from "../../api/api_schema.ts";
import {
  type IpFamily,
  ipFromBigint,
  ipToBigint,
  parseIpAddress,
} from "@/shared/net/ip_address.ts";
import { parseNetwork } from "@/shared/net/ip_network.ts";

export type AddressMapAnswer = OutputOf<"/subnets/:subnetId/addresses", "get">;
export type MapAddress = NonNullable<AddressMapAnswer["addresses"]>[number];
export type MapBlock = NonNullable<AddressMapAnswer["blocks"]>[number];

/** Addresses from `first` to `last`, both included. */
export interface Span {
  readonly first: bigint;
  readonly last: bigint;
}

/** A cell of the map: one address, or a block of them to look into. */
export type Cell =
  & Span
  & (
    | { readonly kind: "address"; readonly address: MapAddress; readonly use: AddressUse }
    | { readonly kind: "block"; readonly block: MapBlock }
  );

/** What the map shows of an address: who has it, else what it is kept for. */
export const ADDRESS_USES = [
  "machine",
  "reservation",
  "user",
  "lease",
  "gateway",
  "dynamic",
  "reserved",
  "free",
  "edge",
] as const;
export type AddressUse = typeof ADDRESS_USES[number];

/** Whoever has an address counts more than the range it is in. */
export function useOf({ role, promise, isLeased }: MapAddress): AddressUse {
  if (role === "network" || role === "broadcast") return "edge";
  if (role === "gateway") return "gateway";
  if (promise === "static" || promise === "auto") return "machine";
  if (promise !== null) return promise;
  if (isLeased) return "lease";
  return role === "static" ? "free" : role;
}

export function cellsOf({ addresses, blocks }: AddressMapAnswer): Cell[] {
  if (addresses) {
    return addresses.map((address) => {
      const at = ipToBigint(parseIpAddress(address.ip));
      return { kind: "address", first: at, last: at, address, use: useOf(address) };
    });
  }
  return (blocks ?? []).map((block) => {
    const { first, last } = parseNetwork(block.cidr);
    return { kind: "block", first: ipToBigint(first), last: ipToBigint(last), block };
  });
}

/** From one cell to another, whichever comes first. */
export function spanBetween(a: Span, b: Span): Span {
  return { first: a.first < b.first ? a.first : b.first, last: a.last > b.last ? a.last : b.last };
}

export function overlaps(a: Span, b: Span): boolean {
  return a.first <= b.last && b.first <= a.last;
}

export function sizeOf({ first, last }: Span): bigint {
  return last - first + 1n;
}

/** The range that two fields say; undefined while one of them is no address, or they are reversed. */
export function parseSpan(first: string, last: string): Span | undefined {
  try {
    const [from, to] = [parseIpAddress(first.trim()), parseIpAddress(last.trim())];
    const span = { first: ipToBigint(from), last: ipToBigint(to) };
    return from.includes(":") === to.includes(":") && span.first <= span.last ? span : undefined;
  } catch {
    return undefined;
  }
}

export function formatAddress(value: bigint, family: IpFamily): string {
  return ipFromBigint(value, family);
}

/** What differs from cell to cell: the last byte, or of a block the bytes that it has of its own. */
export function shortLabel(cell: Cell): string {
  const text = cell.kind === "address" ? cell.address.ip : cell.block.cidr.split("/")[0] ?? "";
  if (text.includes(":")) return text.split(":").filter(Boolean).at(-1) ?? "0";
  const bytes = text.split(".");
  if (cell.kind === "address") return bytes[3] ?? "";
  const prefixBits = Number(cell.block.cidr.split("/")[1]);
  if (prefixBits <= 16) return bytes[1] ?? "";
  return prefixBits <= 24 ? bytes[2] ?? "" : `${bytes[2]}.${bytes[3]}`;
}

/** Where an arrow leads in rows of `columns`; stays where there is no further. */
export function moveBy(at: number, key: string, columns: number, count: number): number {
  const steps: Record<string, number> = {
    ArrowLeft: -1,
    ArrowRight: 1,
    ArrowUp: -columns,
    ArrowDown: columns,
  };
  if (key === "Home") return 0;
  if (key === "End") return count - 1;
  const to = at + (steps[key] ?? 0);
  return to < 0 || to >= count ? at : to;
}

/** Of a block: how much of it each use takes, in percent, the drawn order. */
export function sharesOf({ total, promised, leased, dynamic, reserved }: MapBlock) {
  const percent = (count: number) => Math.min(100, 100 * count / total);
  return {
    dynamic: percent(dynamic),
    reserved: percent(reserved),
    used: percent(promised + leased),
  };
}
