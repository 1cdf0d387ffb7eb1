import setupArgon2id from "argon2id/lib/setup.js";
import type { computeHash } from "argon2id";
import { instantiateArgon2id } from "./argon2id_wasm.ts";
import { sameBytes } from "./same_bytes.ts";

/** OWASP's smallest recommendation: 19 MiB, two passes, one lane. */
const PARAMETERS = { memorySize: 19 * 1024, passes: 2, parallelism: 1, tagLength: 32 } as const;
const SALT_BYTES = 16;
/** Hashing costs time and memory by intention; nobody may make it cost more with a long password. */
export const PASSWORD_CHARS_MAX = 256;
/** NIST SP 800-63B §5.1.1.2 asks for eight and no other rule; two more cost nobody anything. */
export const PASSWORD_CHARS_MIN = 10;

let loading: Promise<computeHash> | undefined;

/** One instance a process: it keeps its 65 MB. */
function argon2id(): Promise<computeHash> {
  return loading ??= setupArgon2id(
    (imports) => instantiateArgon2id("simd.wasm", imports),
    (imports) => instantiateArgon2id("no-simd.wasm", imports),
  );
}

/** The hash as a PHC string: `$argon2id$v=19$m=19456,t=2,p=1$salt$tag`. */
export async function hashPassword(
  password: string,
  randomBytes: (length: number) => Uint8Array,
): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const tag = (await argon2id())({ ...PARAMETERS, password: encode(password), salt });
  const { memorySize: m, passes: t, parallelism: p } = PARAMETERS;
  return `$argon2id$v=19$m=${m},t=${t},p=${p}$${toBase64(salt)}$${toBase64(tag)}`;
}

/** Whether `password` made this hash. A hash this function cannot read is a broken invariant. */
export async function verifyPassword(password: string, hash: string): Promise<boolean> {
  const [, m, t, p, salt, tag] =
    /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([^$]+)\$([^$]+)$/.exec(hash) ?? [];
  if (salt === undefined || tag === undefined) throw new Error("not an argon2id PHC string");
  const expected = fromBase64(tag);
  const actual = (await argon2id())({
    memorySize: Number(m),
    passes: Number(t),
    parallelism: Number(p),
    tagLength: expected.length,
    password: encode(password),
    salt: fromBase64(salt),
  });
  return sameBytes(actual, expected);
}

/** The same characters typed on another system may be composed differently. */
function encode(password: string): Uint8Array {
  return new TextEncoder().encode(password.normalize("NFC"));
}

function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replaceAll("=", "");
}

function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
}
