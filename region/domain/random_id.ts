/** Digits and letters that people do not take for each other: no 0 o, 1 l i. */
const ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz";

/**
 * An id of one character a byte, for things that people type.
 *
 * Slightly uneven, for 31 does not divide 256: good for names, not for secrets.
 */
export function idFromBytes(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => ALPHABET[byte % ALPHABET.length]).join("");
}
