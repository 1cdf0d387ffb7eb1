import { DomainError } from "@/shared/errors/domain_error.ts";
import { type IpAddress, ipFromBigint, ipToBigint } from "@/shared/net/ip_address.ts";
import { formatNetwork, type IpNetwork, networkContains } from "@/shared/net/ip_network.ts";
import { type AddressRange, countAddresses, rangeContains } from "./address_ranges.ts";
import type { RangeKind, SubnetPlan } from "./network_rules.ts";

/** As many as a screen shows: a block of this many addresses, or this many smaller blocks. */
const CELLS_BITS = 8;

/** Where the cells of a map begin and how large each is. */
export interface Grid {
  readonly block: IpNetwork;
  /** Of each cell; that of one address when the map shows single ones. */
  readonly prefixBits: number;
  readonly isSingle: boolean;
}

/** Divides a block of a subnet into at most 256 cells. Throws when it is no part of the subnet. */
export function gridOf(subnet: IpNetwork, block: IpNetwork): Grid {
  const isInside = networkContains(subnet, block.first) && networkContains(subnet, block.last);
  if (!isInside) {
    throw new DomainError({
      kind: "invalid_input",
      code: "address_map.block_outside",
      field: "block",
      value: formatNetwork(block),
      accepted: `a part of ${formatNetwork(subnet)}`,
      message: `${formatNetwork(block)} is not in ${formatNetwork(subnet)}`,
    });
  }
  const addressBits = subnet.family === 6 ? 128 : 32;
  const prefixBits = Math.min(block.prefixBits + CELLS_BITS, addressBits);
  return { block, prefixBits, isSingle: prefixBits === addressBits };
}

/** The cells of a grid, in order. */
export function cellsOf({ block, prefixBits }: Grid): AddressRange[] {
  const addressBits = block.family === 6 ? 128 : 32;
  const size = 1n << BigInt(addressBits - prefixBits);
  const from = ipToBigint(block.first);
  return Array.from({ length: 2 ** (prefixBits - block.prefixBits) }, (_, i) => {
    const first = from + BigInt(i) * size;
    return {
      first: ipFromBigint(first, block.family),
      last: ipFromBigint(first + size - 1n, block.family),
    };
  });
}

/** What an address is for, whoever has it. */
export type AddressRole = "network" | "broadcast" | "gateway" | RangeKind | "static";

/** `static`: in no range, so it is given by name or by itself. */
export function roleOf(address: IpAddress, { network, gateway, ranges }: SubnetPlan): AddressRole {
  if (address === network.first) return "network";
  if (network.family === 4 && address === network.last) return "broadcast";
  if (address === gateway) return "gateway";
  return ranges.find((range) => rangeContains(range, address))?.kind ?? "static";
}

/** How many addresses of a cell are in ranges of this kind. */
export function countInRanges(
  cell: AddressRange,
  ranges: readonly (AddressRange & { readonly kind: RangeKind })[],
  kind: RangeKind,
): number {
  const [first, last] = [ipToBigint(cell.first), ipToBigint(cell.last)];
  const parts = ranges.filter((range) => range.kind === kind).flatMap((range) => {
    const from = ipToBigint(range.first) > first ? range.first : cell.first;
    const to = ipToBigint(range.last) < last ? range.last : cell.last;
    return ipToBigint(from) <= ipToBigint(to) ? [{ first: from, last: to }] : [];
  });
  return Number(countAddresses(parts));
}
