import { DomainError } from "@/shared/errors/domain_error.ts";

/** An IPv4 address, always as four decimal numbers without leading zeros. */
export type Ipv4 = string & { readonly brand: "Ipv4" };

/** Refuses everything but dotted decimal; `010.1.1.1` too, which some readers take as octal. */
export function parseIpv4(text: string): Ipv4 {
  const ok = DOTTED_DECIMAL.test(text);
  if (!ok) {
    throw new DomainError({
      kind: "invalid_input",
      code: "ipv4.malformed",
      message: `"${text}" is not an IPv4 address; write it as in 192.0.2.10`,
    });
  }
  // The branded form is exactly what was just checked.
  return text as Ipv4;
}

/** The address as an unsigned 32-bit number, so that ranges compare and count. */
export function ipv4ToNumber(address: Ipv4): number {
  let sum = 0;
  let part = 0;
  // Read by hand: every DHCP packet comes through here several times.
  for (let i = 0; i < address.length; i++) {
    const code = address.charCodeAt(i);
    if (code === DOT) {
      sum = sum * 256 + part;
      part = 0;
    } else part = part * 10 + code - ZERO;
  }
  return sum * 256 + part;
}

/** Writes the four bytes where they belong. */
export function writeIpv4(address: Ipv4, into: Uint8Array, at: number): void {
  let part = 0;
  let place = at;
  for (let i = 0; i < address.length; i++) {
    const code = address.charCodeAt(i);
    if (code === DOT) {
      into[place++] = part;
      part = 0;
    } else part = part * 10 + code - ZERO;
  }
  into[place] = part;
}

/** The address of an unsigned 32-bit number. */
export function ipv4FromNumber(value: number): Ipv4 {
  if (!Number.isInteger(value) || value < 0 || value > 0xffff_ffff) {
    throw new Error(`no IPv4 address has the number ${value}`);
  }
  const text = `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;
  return text as Ipv4; // four numbers below 256, joined by dots, are the branded form
}

/** Four numbers up to 255, without leading zeros. */
const DOTTED_DECIMAL = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;
const DOT = 0x2e;
const ZERO = 0x30;
