import { DomainError } from "@/shared/errors/domain_error.ts";
import { ipv4ToNumber, parseIpv4 } from "./ipv4.ts";

/** An IPv6 address in the spelling of RFC 5952: lower case, the longest run of zeros as `::`. */
export type Ipv6 = string & { readonly brand: "Ipv6" };

const GROUPS = 8;

/** Accepts every spelling of RFC 4291 §2.2; not a zone (`%eth0`), which means nothing elsewhere. */
export function parseIpv6(text: string): Ipv6 {
  const groups = text.length > 45 ? undefined : readGroups(text);
  if (!groups) {
    throw new DomainError({
      kind: "invalid_input",
      code: "ipv6.malformed",
      message: `"${text.slice(0, 64)}" is not an IPv6 address; write it as in 2001:db8::10`,
    });
  }
  return formatGroups(groups);
}

/** The address as an unsigned 128-bit number, so that ranges compare and count. */
export function ipv6ToBigint(address: Ipv6): bigint {
  const groups = readGroups(address) ?? [];
  return groups.reduce((sum, group) => (sum << 16n) + BigInt(group), 0n);
}

/** The address of an unsigned 128-bit number. */
export function ipv6FromBigint(value: bigint): Ipv6 {
  if (value < 0n || value >= 1n << 128n) throw new Error(`no IPv6 address has the number ${value}`);
  const groups = Array.from(
    { length: GROUPS },
    (_, i) => Number((value >> BigInt(16 * (GROUPS - 1 - i))) & 0xffffn),
  );
  return formatGroups(groups);
}

/** Eight numbers below 65536; undefined when the text is no address. */
function readGroups(text: string): number[] | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const [left, right] = halves.map((half, i) => readHalf(half, i === halves.length - 1));
  if (!left || (halves.length === 2 && !right)) return undefined;
  if (!right) return left.length === GROUPS ? left : undefined;
  const zeros = GROUPS - left.length - right.length;
  return zeros < 1 ? undefined : [...left, ...Array<number>(zeros).fill(0), ...right];
}

function readHalf(half: string, isLast: boolean): number[] | undefined {
  if (half === "") return [];
  const parts = half.split(":");
  const groups: number[] = [];
  for (const [i, part] of parts.entries()) {
    if (part.includes(".")) {
      const dotted = isLast && i === parts.length - 1 ? readDotted(part) : undefined;
      if (!dotted) return undefined;
      groups.push(...dotted);
    } else if (/^[0-9a-fA-F]{1,4}$/.test(part)) {
      groups.push(parseInt(part, 16));
    } else {
      return undefined;
    }
  }
  return groups;
}

/** The last 32 bits as dotted decimal, RFC 4291 §2.2 form 3. */
function readDotted(text: string): number[] | undefined {
  try {
    const value = ipv4ToNumber(parseIpv4(text));
    return [Math.floor(value / 65536), value % 65536];
  } catch (error) {
    if (error instanceof DomainError) return undefined;
    throw error;
  }
}

/** RFC 5952 §4: the first of the longest runs of at least two zero groups is left out. */
function formatGroups(groups: readonly number[]): Ipv6 {
  let [start, length] = [0, 0];
  for (let i = 0; i < groups.length; i++) {
    let run = 0;
    while (groups[i + run] === 0) run++;
    if (run > length) [start, length] = [i, run];
  }
  const hex = (part: readonly number[]) => part.map((group) => group.toString(16)).join(":");
  const text = length < 2
    ? hex(groups)
    : `${hex(groups.slice(0, start))}::${hex(groups.slice(start + length))}`;
  // Made of eight groups by the rules of the type.
  return text as Ipv6;
}
