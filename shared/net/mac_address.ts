import { DomainError } from "@/shared/errors/domain_error.ts";

/** An EUI-48 hardware address, always as `aa:bb:cc:dd:ee:ff`. */
export type MacAddress = string & { readonly brand: "MacAddress" };

/** Accepts `:`, `-`, `.` or no separator; anything but twelve hex digits is refused. */
export function parseMacAddress(text: string): MacAddress {
  if (AS_WRITTEN.test(text)) return text as MacAddress; // the branded form is what it matches
  const digits = text.toLowerCase().replaceAll(/[:.-]/g, "");
  if (!/^[0-9a-f]{12}$/.test(digits)) {
    throw new DomainError({
      kind: "invalid_input",
      code: "mac.malformed",
      message: `"${text}" is not a MAC address; write six bytes in hex, such as 52:54:00:12:34:56`,
    });
  }
  // The branded form is exactly what the pattern above accepted, with its separators put back.
  return digits.replaceAll(/(..)(?!$)/g, "$1:") as MacAddress;
}

/** How we write an address ourselves: nearly all that are read back are like this. */
const AS_WRITTEN = /^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/;

/** Six bytes, as they stand in a frame or in DHCP's `chaddr`. */
export function formatMacAddress(bytes: Uint8Array): MacAddress {
  if (bytes.length !== 6) throw new Error(`a MAC address has 6 bytes, not ${bytes.length}`);
  const pair = (at: number) => HEX_PAIRS[bytes[at] ?? 0];
  const text = `${pair(0)}:${pair(1)}:${pair(2)}:${pair(3)}:${pair(4)}:${pair(5)}`;
  return text as MacAddress; // six bytes in hex are the branded form by construction
}

/** The six bytes of an address. */
export function macAddressBytes(mac: MacAddress): Uint8Array {
  const bytes = new Uint8Array(6);
  writeMacAddress(mac, bytes, 0);
  return bytes;
}

/** Writes the six bytes where they belong. */
export function writeMacAddress(mac: MacAddress, into: Uint8Array, at: number): void {
  for (let i = 0; i < 6; i++) {
    into[at + i] = hexDigit(mac.charCodeAt(3 * i)) * 16 + hexDigit(mac.charCodeAt(3 * i + 1));
  }
}

const HEX_PAIRS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** The value of `0`-`9` or `a`-`f`, which is all that a MacAddress has between its colons. */
function hexDigit(code: number): number {
  return code <= 0x39 ? code - 0x30 : code - 0x57;
}
