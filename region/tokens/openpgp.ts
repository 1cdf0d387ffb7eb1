import {
  createCleartextMessage,
  createMessage,
  generateKey,
  type Key,
  type PrivateKey,
  readCleartextMessage,
  readKeys,
  readPrivateKey,
  readSignature,
  sign,
  verify,
} from "openpgp";
import { DomainError } from "@/shared/errors/domain_error.ts";

const KEYRING_BYTES_MAX = 1024 ** 2;
const KEYS_MAX = 64;

/** A key that may sign an image source's index. */
export interface KeyView {
  /** In hex, upper case. */
  readonly fingerprint: string;
  readonly userIds: readonly string[];
  /** ISO 8601; null: it does not end. */
  readonly expiresAt: string | null;
}

/**
 * Reads certificates, armored or as the base64 of the binary form, and gives them back armored.
 * Throws `keyring.unreadable`; a private key is refused, for nothing here needs one.
 */
export async function readKeyring(text: string): Promise<{ armored: string; keys: KeyView[] }> {
  const keys = await parseKeys(text);
  if (keys.length === 0) throw unreadable("there is no key in it");
  if (keys.length > KEYS_MAX) throw unreadable(`it has ${keys.length} keys, more than ${KEYS_MAX}`);
  if (keys.some((key) => key.isPrivate())) {
    throw unreadable("it has a private key; export the public one (gpg --armor --export)");
  }
  const armored = keys.map((key) => key.armor()).join("\n");
  return { armored, keys: await Promise.all(keys.map(viewKey)) };
}

/** What was signed in the cleartext signature framework, RFC 9580 §7. Throws `unsigned`, see below. */
export async function openCleartext(
  text: string,
  { keyring, now }: { keyring: string; now: Date },
): Promise<string> {
  const message = await readCleartextMessage({ cleartextMessage: text })
    .catch((cause) => refuse(`it is no signed text: ${reasonOf(cause)}`));
  const verificationKeys = await parseKeys(keyring);
  const { signatures } = await verify({ message, verificationKeys, date: now });
  await requireOne(signatures, { verificationKeys, now });
  return message.getText();
}

/** Holds a detached signature, armored or binary, against the bytes that it is of. */
export async function checkDetached(
  { bytes, signature }: { bytes: Uint8Array; signature: Uint8Array },
  { keyring, now }: { keyring: string; now: Date },
): Promise<void> {
  const text = new TextDecoder().decode(signature);
  const parsed =
    await (text.startsWith("-----BEGIN")
      ? readSignature({ armoredSignature: text })
      : readSignature({ binarySignature: signature }))
      .catch((cause) => refuse(`its signature cannot be read: ${reasonOf(cause)}`));
  const verificationKeys = await parseKeys(keyring);
  const message = await createMessage({ binary: bytes });
  const { signatures } = await verify({
    message,
    signature: parsed,
    verificationKeys,
    date: now,
  });
  await requireOne(signatures, { verificationKeys, now });
}

/** A new Ed25519 key that signs, armored, private part included; of a form that GnuPG 2.1 reads. */
export async function makeSigningPgpKey(name: string, now: Date): Promise<string> {
  const { privateKey } = await generateKey({
    // EdDSA as GnuPG had it before RFC 9580 gave it another number; in a version 4 key, likewise.
    type: "ecc",
    curve: "ed25519Legacy",
    config: { v6Keys: false },
    userIDs: [{ name }],
    subkeys: [],
    date: now,
    format: "armored",
  });
  return privateKey;
}

/** The public part, armored. */
export async function publicPgpKey(armoredPrivateKey: string): Promise<string> {
  return (await readPrivateKey({ armoredKey: armoredPrivateKey })).toPublic().armor();
}

/** Signs a text in the cleartext signature framework, RFC 9580 §7. */
export async function signCleartext(
  text: string,
  { privateKey, now }: { privateKey: string; now: Date },
): Promise<string> {
  const signingKeys: PrivateKey = await readPrivateKey({ armoredKey: privateKey });
  const message = await createCleartextMessage({ text });
  return await sign({ message, signingKeys, date: now });
}

type Verified = Awaited<ReturnType<typeof verify>>["signatures"];

/** One good signature by a key that is good today will do. */
async function requireOne(
  signatures: Verified,
  { verificationKeys, now }: { verificationKeys: readonly Key[]; now: Date },
): Promise<void> {
  const reasons: string[] = [];
  for (const { keyID, verified } of signatures) {
    const key = verificationKeys.find((each) => each.getKeys(keyID).length > 0);
    const name = keyID.toHex().toUpperCase();
    if (!key) {
      reasons.push(`it is signed by ${name}, which the keyring does not have`);
      continue;
    }
    try {
      await key.getSigningKey(keyID, now);
      await verified;
      return;
    } catch (cause) {
      reasons.push(`the signature by ${name} does not count: ${reasonOf(cause)}`);
    }
  }
  refuse(reasons[0] ?? "it carries no signature");
}

async function parseKeys(text: string): Promise<Key[]> {
  if (text.length > KEYRING_BYTES_MAX) {
    throw unreadable(`it has more than ${KEYRING_BYTES_MAX} bytes`);
  }
  try {
    if (!text.includes("-----BEGIN")) return await readKeys({ binaryKeys: fromBase64(text) });
    // One armored block may hold many keys; a file may have many blocks.
    const blocks = text.match(/-----BEGIN PGP [\s\S]*?-----END PGP [A-Z ]+-----/g) ?? [];
    return (await Promise.all(blocks.map((armoredKeys) => readKeys({ armoredKeys })))).flat();
  } catch (cause) {
    throw unreadable(reasonOf(cause));
  }
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replaceAll(/\s/g, "")), (char) => char.charCodeAt(0));
}

async function viewKey(key: Key): Promise<KeyView> {
  const expires = await key.getExpirationTime();
  return {
    fingerprint: key.getFingerprint().toUpperCase(),
    userIds: key.getUserIDs(),
    expiresAt: expires instanceof Date ? expires.toISOString() : null,
  };
}

function unreadable(why: string): DomainError {
  return new DomainError({
    kind: "invalid_input",
    code: "keyring.unreadable",
    field: "keyring",
    message: `the keyring cannot be used: ${why}`,
    accepted: "OpenPGP public keys, armored or as base64 of the binary form",
  });
}

/** `SignatureRefused` carries the reason as the rest of a sentence that begins with the file. */
export class SignatureRefused extends Error {
  override readonly name = "SignatureRefused";
}

function refuse(why: string): never {
  throw new SignatureRefused(why);
}

function reasonOf(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  return text.replace(/^Error \w+: /, "").slice(0, 200);
}
