import { DomainError } from "@/shared/errors/domain_error.ts";

/** An IPv4 address, always as four decimal numbers without leading zeros. */
export type Ipv4 = string & { readonly brand: "Ipv4" };

/** Refuses everything but dotted decimal; `010.1.1.1` too, which some readers take as octal. */
export function parseIpv4(text: string): Ipv4 {
  const parts = text.split(".");
  const ok = parts.length === 4 &&
    parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255);
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
  return address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}

/** The address of an unsigned 32-bit number. */
export function ipv4FromNumber(value: number): Ipv4 {
  if (!Number.isInteger(value) || value < 0 || value > 0xffff_ffff) {
    throw new Error(`no IPv4 address has the number ${value}`);
  }
  // Four numbers below 256, joined by dots, are the branded form.
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join(".") as Ipv4;
}
