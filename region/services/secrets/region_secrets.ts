import { z } from "zod";
import type { RegionContext, RegionSecrets } from "@/region/context.ts";
import { idFromBytes } from "@/region/domain/random_id.ts";

const KEY_BYTES = 32;
const Base64url = z.string().regex(/^[A-Za-z0-9_-]+$/);
const PublicJwk = z.object({ kty: z.literal("OKP"), crv: z.literal("Ed25519"), x: Base64url });

const StoredSealKey = z.object({ id: z.string().min(1), key: Base64url });
type SealKey = Omit<RegionSecrets["sealKey"], "retired">;

/** As it stands in a file or a secret store. */
const StoredSecrets = z.object({
  signingKeys: z.array(z.object({
    kid: z.string().min(1),
    publicJwk: PublicJwk,
    privateJwk: PublicJwk.extend({ d: Base64url }),
  })).min(1),
  sealKey: StoredSealKey,
  retiredSealKeys: z.array(StoredSealKey).default([]),
});

/** New keys: one that signs what agents believe, one that seals secrets in the database. */
export async function makeRegionSecrets(
  randomBytes: RegionContext["randomBytes"],
): Promise<RegionSecrets> {
  const pair = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]);
  if (!("privateKey" in pair)) throw new Error("Ed25519 keys come in pairs");
  const { x, d } = await crypto.subtle.exportKey("jwk", pair.privateKey);
  if (x === undefined || d === undefined) throw new Error("an Ed25519 JWK has x and d, RFC 8037");
  const publicJwk = { kty: "OKP", crv: "Ed25519", x } as const;
  return {
    signingKeys: [{
      kid: `k-${idFromBytes(randomBytes(8))}`,
      publicJwk,
      privateJwk: { ...publicJwk, d },
    }],
    sealKey: makeSealKey(randomBytes),
  };
}

/** A new key that seals secrets in the database. */
export function makeSealKey(randomBytes: RegionContext["randomBytes"]): SealKey {
  return { id: `k-${idFromBytes(randomBytes(8))}`, key: randomBytes(KEY_BYTES) };
}

/** JSON; whoever reads it can read and forge everything. */
export function formatRegionSecrets({ signingKeys, sealKey }: RegionSecrets): string {
  const { retired = [], ...current } = sealKey;
  const retiredSealKeys = retired.map(formatSealKey);
  const stored = { signingKeys, sealKey: formatSealKey(current) };
  const more = retired.length > 0 ? { retiredSealKeys } : {};
  return JSON.stringify({ ...stored, ...more }, null, 2) + "\n";
}

/** Undefined when it is not what `formatRegionSecrets` wrote. */
export function parseRegionSecrets(text: string): RegionSecrets | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const parsed = StoredSecrets.safeParse(value);
  if (!parsed.success) return undefined;
  const { signingKeys, sealKey, retiredSealKeys } = parsed.data;
  const keys = [sealKey, ...retiredSealKeys].map(parseSealKey);
  const [current, ...retired] = keys;
  if (!current || keys.some(({ key }) => key.length !== KEY_BYTES)) return undefined;
  return { signingKeys, sealKey: retired.length > 0 ? { ...current, retired } : current };
}

function formatSealKey({ id, key }: SealKey): { id: string; key: string } {
  const base64 = btoa(String.fromCharCode(...key));
  return { id, key: base64.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "") };
}

function parseSealKey({ id, key }: { id: string; key: string }): SealKey {
  const binary = atob(key.replaceAll("-", "+").replaceAll("_", "/"));
  return { id, key: Uint8Array.from(binary, (char) => char.charCodeAt(0)) };
}
