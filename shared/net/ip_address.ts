import { type Ipv4, ipv4FromNumber, ipv4ToNumber, parseIpv4 } from "./ipv4.ts";
import { type Ipv6, ipv6FromBigint, ipv6ToBigint, parseIpv6 } from "./ipv6.ts";

/** An address of either family, in the one spelling it has here. */
export type IpAddress = Ipv4 | Ipv6;
export type IpFamily = 4 | 6;

/** Throws `ipv4.malformed`, or `ipv6.malformed` for what has a colon. */
export function parseIpAddress(text: string): IpAddress {
  return text.includes(":") ? parseIpv6(text) : parseIpv4(text);
}

export function familyOf(address: IpAddress): IpFamily {
  return address.includes(":") ? 6 : 4;
}

/** Comparable within one family only. */
export function ipToBigint(address: IpAddress): bigint {
  // An address with a colon is of the one brand, any other of the other.
  return familyOf(address) === 6
    ? ipv6ToBigint(address as Ipv6)
    : BigInt(ipv4ToNumber(address as Ipv4));
}

export function ipFromBigint(value: bigint, family: IpFamily): IpAddress {
  return family === 6 ? ipv6FromBigint(value) : ipv4FromNumber(Number(value));
}
