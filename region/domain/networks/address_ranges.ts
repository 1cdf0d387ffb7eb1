import {
  familyOf,
  type IpAddress,
  type IpFamily,
  ipFromBigint,
  ipToBigint,
} from "@/shared/net/ip_address.ts";

/** Addresses of one family from `first` to `last`, both included. */
export interface AddressRange {
  readonly first: IpAddress;
  readonly last: IpAddress;
}

/**
 * `ranges` without the addresses of `taken`: whole ranges shrink, split or vanish. In order.
 *
 * All are of one family. Ranges of the same list may touch or overlap; what comes out does not.
 */
export function withoutAddresses(
  ranges: readonly AddressRange[],
  taken: readonly AddressRange[],
): AddressRange[] {
  const family = familyOf(ranges[0]?.first ?? taken[0]?.first ?? "0.0.0.0" as IpAddress);
  const cuts = merge(taken.map(numbersOf));
  const left: Numbers[] = [];
  let next = 0; // the first cut that can still reach into the ranges to come
  for (const range of merge(ranges.map(numbersOf))) {
    let { first } = range;
    while (next < cuts.length && (cuts[next]?.last ?? 0n) < first) next++;
    for (let i = next; i < cuts.length; i++) {
      const cut = cuts[i];
      if (!cut || cut.first > range.last) break;
      if (cut.first > first) left.push({ first, last: cut.first - 1n });
      first = cut.last + 1n;
    }
    if (first <= range.last) left.push({ first, last: range.last });
  }
  return left.map((each) => rangeOf(each, family));
}

/** The same addresses as few ranges, in order: what touches or overlaps becomes one. */
export function joinRanges(ranges: readonly AddressRange[]): AddressRange[] {
  return withoutAddresses(ranges, []);
}

export function rangeContains(range: AddressRange, address: IpAddress): boolean {
  const value = ipToBigint(address);
  return familyOf(address) === familyOf(range.first) &&
    value >= ipToBigint(range.first) && value <= ipToBigint(range.last);
}

export function rangesOverlap(a: AddressRange, b: AddressRange): boolean {
  return rangeContains(a, b.first) || rangeContains(b, a.first);
}

/** How many addresses these ranges have together; those of overlaps count once. */
export function countAddresses(ranges: readonly AddressRange[]): bigint {
  return merge(ranges.map(numbersOf)).reduce((sum, { first, last }) => sum + last - first + 1n, 0n);
}

/** One address as a range. */
export function only(address: IpAddress): AddressRange {
  return { first: address, last: address };
}

interface Numbers {
  readonly first: bigint;
  readonly last: bigint;
}

function numbersOf(range: AddressRange): Numbers {
  return { first: ipToBigint(range.first), last: ipToBigint(range.last) };
}

function rangeOf({ first, last }: Numbers, family: IpFamily): AddressRange {
  return { first: ipFromBigint(first, family), last: ipFromBigint(last, family) };
}

function merge(ranges: readonly Numbers[]): Numbers[] {
  const merged: Numbers[] = [];
  for (const range of ranges.toSorted((a, b) => (a.first < b.first ? -1 : 1))) {
    const before = merged.at(-1);
    if (!before || range.first > before.last + 1n) merged.push(range);
    else if (range.last > before.last) {
      merged[merged.length - 1] = { first: before.first, last: range.last };
    }
  }
  return merged;
}
