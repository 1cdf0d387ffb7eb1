import { DomainError } from "@/shared/errors/domain_error.ts";
import { type Ipv4, ipv4FromNumber, ipv4ToNumber, parseIpv4 } from "./ipv4.ts";

/** An IPv4 network: its first address and the length of its prefix in bits. */
export interface Cidr {
  readonly network: Ipv4;
  readonly prefixBits: number;
  readonly netmask: Ipv4;
  readonly broadcast: Ipv4;
  /** `network` and `broadcast` as numbers: every DHCP packet is compared with them. */
  readonly firstNumber: number;
  readonly lastNumber: number;
}

/** Parses `10.0.0.0/24`. Host bits must be zero, so that one network has one spelling. */
export function parseCidr(text: string): Cidr {
  const match = /^([\d.]+)\/(\d{1,2})$/.exec(text);
  const prefixBits = Number(match?.[2] ?? 99);
  if (!match || prefixBits > 32) {
    throw new DomainError({
      kind: "invalid_input",
      code: "cidr.malformed",
      message: `"${text}" is not a network; write it as in 10.0.0.0/24`,
    });
  }
  const address = parseIpv4(match[1]!);
  const sizeAddresses = 2 ** (32 - prefixBits);
  const value = ipv4ToNumber(address);
  const first = value - (value % sizeAddresses);
  if (first !== value) {
    throw new DomainError({
      kind: "invalid_input",
      code: "cidr.host_bits",
      message: `"${text}" has host bits set; the network is ${ipv4FromNumber(first)}/${prefixBits}`,
    });
  }
  const last = first + sizeAddresses - 1;
  return {
    network: address,
    prefixBits,
    netmask: ipv4FromNumber(2 ** 32 - sizeAddresses),
    broadcast: ipv4FromNumber(last),
    firstNumber: first,
    lastNumber: last,
  };
}

export function formatCidr(cidr: Cidr): string {
  return `${cidr.network}/${cidr.prefixBits}`;
}

export function cidrContains(cidr: Cidr, address: Ipv4): boolean {
  const value = ipv4ToNumber(address);
  return value >= cidr.firstNumber && value <= cidr.lastNumber;
}

/** True when the two networks share at least one address. */
export function cidrsOverlap(a: Cidr, b: Cidr): boolean {
  return a.firstNumber <= b.lastNumber && b.firstNumber <= a.lastNumber;
}
