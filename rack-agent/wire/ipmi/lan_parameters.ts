/** The LAN configuration parameters that this client reads and writes, IPMI 2.0 table 23-4. */

import { ByteReader } from "../byte_reader.ts";

/** Parameter selectors. */
export const LAN_PARAMETER = {
  setInProgress: 0,
  address: 3,
  addressSource: 4,
  mac: 5,
  subnetMask: 6,
  gateway: 12,
  vlan: 20,
} as const;

/** Parameter 4, low nibble: where the address comes from. */
export const ADDRESS_SOURCES = { unknown: 0, static: 1, dhcp: 2, bios: 3, other: 4 } as const;
export type AddressSource = keyof typeof ADDRESS_SOURCES;

/** Four bytes as a dotted address. */
export function decodeLanAddress(data: Uint8Array): string {
  return new ByteReader(data).take(4).join(".");
}

export function decodeLanMac(data: Uint8Array): string {
  return Array.from(new ByteReader(data).take(6), (octet) => octet.toString(16).padStart(2, "0"))
    .join(":");
}

export function decodeAddressSource(data: Uint8Array): AddressSource {
  const code = new ByteReader(data).u8() & 0x0f;
  // Safe: the keys of ADDRESS_SOURCES; Object.entries forgets them.
  const names = Object.entries(ADDRESS_SOURCES) as [AddressSource, number][];
  return names.find(([, number]) => number === code)?.[0] ?? "unknown";
}

/** VLAN id, or undefined when its packets carry none. */
export function decodeVlan(data: Uint8Array): number | undefined {
  const reader = new ByteReader(data);
  const low = reader.u8();
  const high = reader.u8();
  return (high & 0x80) === 0 ? undefined : low | (high & 0x0f) << 8;
}
