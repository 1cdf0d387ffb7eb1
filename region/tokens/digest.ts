import { base64url } from "jose";

/** SHA-256 as it stands in proofs: base64url without padding. */
export async function sha256Base64url(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return base64url.encode(await sha256(bytes));
}

/** SHA-256 as OpenSSH shows fingerprints: base64 without padding. */
export async function sha256Base64(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return btoa(String.fromCharCode(...await sha256(bytes))).replaceAll("=", "");
}

/** SHA-256 as it names blobs and as secrets are stored: 64 hex digits. */
export async function sha256Hex(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return toHex(await sha256(bytes));
}

/** HMAC with SHA-256, RFC 2104, in hex: nobody without the key finds by trying what was hashed. */
export async function hmacHex(
  key: Uint8Array<ArrayBuffer>,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<string> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const imported = await crypto.subtle.importKey("raw", key, algorithm, false, ["sign"]);
  return toHex(new Uint8Array(await crypto.subtle.sign("HMAC", imported, bytes)));
}

/** Lower-case hex digits. */
export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}
