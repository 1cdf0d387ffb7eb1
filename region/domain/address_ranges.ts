import { type Ipv4, ipv4FromNumber, ipv4ToNumber, parseIpv4 } from "@/shared/net/ipv4.ts";

/** Addresses from `first` to `last`, both included. */
export interface AddressRange {
  readonly first: string;
  readonly last: string;
}

/** `ranges` without the addresses of `taken`: whole ranges shrink, split or vanish. In order. */
export function withoutAddresses(
  ranges: readonly AddressRange[],
  taken: readonly AddressRange[],
): { first: Ipv4; last: Ipv4 }[] {
  const cuts = taken.map(numbersOf);
  return ranges.map(numbersOf)
    .flatMap((range) =>
      cuts.reduce((left, cut) => left.flatMap((one) => cutOut(one, cut)), [range])
    )
    .sort((a, b) => a.first - b.first)
    .map(({ first, last }) => ({ first: ipv4FromNumber(first), last: ipv4FromNumber(last) }));
}

interface Numbers {
  readonly first: number;
  readonly last: number;
}

function numbersOf(range: AddressRange): Numbers {
  return {
    first: ipv4ToNumber(parseIpv4(range.first)),
    last: ipv4ToNumber(parseIpv4(range.last)),
  };
}

function cutOut(range: Numbers, cut: Numbers): Numbers[] {
  if (cut.last < range.first || cut.first > range.last) return [range];
  const below = { first: range.first, last: cut.first - 1 };
  const above = { first: cut.last + 1, last: range.last };
  return [below, above].filter(({ first, last }) => first <= last);
}
