import { parseCidr } from "@/shared/net/cidr.ts";
import { ipv4FromNumber, ipv4ToNumber, parseIpv4 } from "@/shared/net/ipv4.ts";

/** What a network of a host becomes as a subnet, unless somebody says otherwise. */
export interface SuggestedSubnet {
  readonly cidr: string;
  readonly first: string;
  readonly last: string;
  readonly gateway: string;
}

/** As many as a rack and its BMCs need, and no more of somebody's network than a quarter. */
const RANGE_MAX = 200;
const SMALLEST_PREFIX = 29;

/**
 * From the host's address with its prefix, `10.20.0.1/16`; undefined: too small to serve.
 *
 * The range is in the upper half: fixed addresses are mostly given from below.
 */
export function suggestSubnet(hostCidr: string): SuggestedSubnet | undefined {
  const [address = "", prefixText = ""] = hostCidr.split("/");
  const prefix = Number(prefixText);
  if (!(prefix >= 8 && prefix <= SMALLEST_PREFIX)) return undefined;
  const host = ipv4ToNumber(parseIpv4(address));
  const size = 2 ** (32 - prefix);
  const network = Math.floor(host / size) * size;
  const cidr = `${ipv4FromNumber(network)}/${prefix}`;
  parseCidr(cidr); // what is suggested can be taken
  const count = Math.min(RANGE_MAX, size / 4);
  const from = network + size / 2;
  // The host keeps its own address out of what it gives away.
  const isInside = host >= from && host < from + count;
  const first = isInside ? host + 1 : from;
  const last = Math.min(first + count - 1, network + size - 2);
  const gateway = host === network + 1 ? host : network + 1;
  return {
    cidr,
    first: ipv4FromNumber(first),
    last: ipv4FromNumber(last),
    gateway: ipv4FromNumber(gateway),
  };
}
