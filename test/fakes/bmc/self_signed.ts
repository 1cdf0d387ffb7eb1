/** A certificate as a BMC makes one for itself, and its key, both as PEM. */
export interface SelfSigned {
  readonly cert: string;
  readonly key: string;
  /** SHA-256 of the certificate, 64 hex digits. */
  readonly sha256: string;
}

/** A self-signed certificate for `commonName`, valid from 2020 to 2049; RFC 5280 §4.1. */
export async function selfSigned(commonName: string): Promise<SelfSigned> {
  const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, [
    "sign",
    "verify",
  ]) as CryptoKeyPair; // an asymmetric algorithm makes a pair
  const name = sequence(
    set(sequence(COMMON_NAME, der(0x0c, new TextEncoder().encode(commonName)))),
  );
  const toBeSigned = sequence(
    der(0xa0, der(0x02, Uint8Array.of(2))), // version 3
    der(0x02, Uint8Array.of(1, ...crypto.getRandomValues(new Uint8Array(8)))),
    ECDSA_SHA256,
    name,
    sequence(utcTime("200101000000Z"), utcTime("490101000000Z")),
    name,
    new Uint8Array(await crypto.subtle.exportKey("spki", pair.publicKey)),
  );
  const algorithm = { name: "ECDSA", hash: "SHA-256" };
  const raw = await crypto.subtle.sign(algorithm, pair.privateKey, toBeSigned);
  const signature = der(0x03, concat(Uint8Array.of(0), ecdsaSignature(new Uint8Array(raw))));
  const certificate = sequence(toBeSigned, ECDSA_SHA256, signature);
  const key = new Uint8Array(await crypto.subtle.exportKey("pkcs8", pair.privateKey));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", certificate));
  return {
    cert: pem("CERTIFICATE", certificate),
    key: pem("PRIVATE KEY", key),
    sha256: digest.toHex(),
  };
}

/** 1.2.840.10045.4.3.2, RFC 5758 §3.2. */
const ECDSA_SHA256 = sequence(
  der(0x06, Uint8Array.of(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02)),
);
/** 2.5.4.3, RFC 5280 appendix A.1. */
const COMMON_NAME = der(0x06, Uint8Array.of(0x55, 0x04, 0x03));

function der(tag: number, content: Uint8Array): Uint8Array<ArrayBuffer> {
  const { length } = content;
  const size = length < 128
    ? [length]
    : length < 256
    ? [0x81, length]
    : [0x82, length >> 8, length & 255];
  return concat(Uint8Array.of(tag, ...size), content);
}

function sequence(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  return der(0x30, concat(...parts));
}

function set(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  return der(0x31, concat(...parts));
}

function utcTime(text: string): Uint8Array {
  return der(0x17, new TextEncoder().encode(text));
}

/** From r and s side by side to their sequence, RFC 3279 §2.2.3. */
function ecdsaSignature(raw: Uint8Array): Uint8Array {
  const integer = (bytes: Uint8Array) => {
    const first = bytes.findIndex((byte) => byte !== 0);
    const short = bytes.subarray(first);
    return der(0x02, (short[0] ?? 0) > 127 ? concat(Uint8Array.of(0), short) : short);
  };
  return sequence(integer(raw.subarray(0, 32)), integer(raw.subarray(32)));
}

function concat(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

function pem(label: string, bytes: Uint8Array): string {
  const lines = btoa(String.fromCharCode(...bytes)).match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}
