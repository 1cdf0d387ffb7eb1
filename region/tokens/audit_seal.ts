import { z } from "zod";
import type { SigningKey } from "@/region/context.ts";
import { parseClaims } from "./parse_claims.ts";
import { signAsRegion, verifyAsRegion } from "./region_keys.ts";

const TYP = "rw-audit+jws";

const Seal = z.object({ position: z.int(), hash: z.string(), isBase: z.boolean() });
/** How far the audit's chain went, and with which hash; `isBase`: what stood before was removed. */
export type AuditSeal = z.infer<typeof Seal>;

/** Signed by the region's first key, whose private half is not in the database. */
export async function signAuditSeal(
  keys: readonly SigningKey[],
  { position, hash, isBase }: AuditSeal,
): Promise<string> {
  return await signAsRegion(keys, TYP, JSON.stringify({ position, hash, isBase }));
}

/** Whether one of our keys signed exactly this. */
export async function isOurAuditSeal(
  keys: readonly SigningKey[],
  signed: string,
  seal: AuditSeal,
): Promise<boolean> {
  const verified = await verifyAsRegion(keys, TYP, signed);
  if (verified.kind !== "ok") return false;
  const claims = parseClaims(Seal, verified.payload);
  return claims?.position === seal.position && claims.hash === seal.hash &&
    claims.isBase === seal.isBase;
}
