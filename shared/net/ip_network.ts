import { DomainError } from "@/shared/errors/domain_error.ts";
import {
  familyOf,
  type IpAddress,
  type IpFamily,
  ipFromBigint,
  ipToBigint,
  parseIpAddress,
} from "./ip_address.ts";

/** A network of either family: all addresses from `first` to `last`. */
export interface IpNetwork {
  readonly family: IpFamily;
  readonly first: IpAddress;
  /** IPv4: the broadcast address. */
  readonly last: IpAddress;
  readonly prefixBits: number;
}

/** Parses `10.0.0.0/24` or `2001:db8::/64`. Host bits must be zero: one network, one spelling. */
export function parseNetwork(text: string): IpNetwork {
  const [, address = "", bits = ""] = /^([0-9a-fA-F:.]{2,45})\/(\d{1,3})$/.exec(text) ?? [];
  const first = address === "" ? undefined : parseIpAddress(address);
  const prefixBits = Number(bits);
  if (!first || prefixBits > addressBits(familyOf(first))) throw malformed(text);
  const family = familyOf(first);
  const size = 1n << BigInt(addressBits(family) - prefixBits);
  const value = ipToBigint(first);
  if (value % size !== 0n) {
    const network = ipFromBigint(value - (value % size), family);
    throw new DomainError({
      kind: "invalid_input",
      code: "network.host_bits",
      message: `"${text}" has host bits set; the network is ${network}/${prefixBits}`,
    });
  }
  return { family, first, last: ipFromBigint(value + size - 1n, family), prefixBits };
}

export function formatNetwork(network: IpNetwork): string {
  return `${network.first}/${network.prefixBits}`;
}

export function networkContains(network: IpNetwork, address: IpAddress): boolean {
  if (familyOf(address) !== network.family) return false;
  const value = ipToBigint(address);
  return value >= ipToBigint(network.first) && value <= ipToBigint(network.last);
}

/** True when the two networks share at least one address. */
export function networksOverlap(a: IpNetwork, b: IpNetwork): boolean {
  return networkContains(a, b.first) || networkContains(b, a.first);
}

function addressBits(family: IpFamily): number {
  return family === 6 ? 128 : 32;
}

function malformed(text: string): DomainError {
  return new DomainError({
    kind: "invalid_input",
    code: "network.malformed",
    message: `"${text.slice(0, 64)}" is not a network; write it as in 10.0.0.0/24 or 2001:db8::/64`,
  });
}
