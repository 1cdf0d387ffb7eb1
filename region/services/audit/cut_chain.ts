import type { RegionContext } from "@/region/context.ts";
import { deleteChainUpTo, findSealBefore, lockChain, putSeal } from "@/region/db/queries/audit.ts";
import { signAuditSeal } from "@/region/tokens/audit_seal.ts";

const ENTRIES_PER_RUN_MAX = 10_000;

/**
 * Removes entries older than this from the beginning of the chain; how many that were.
 *
 * Cut only where a seal stands, which is signed anew as the chain's base: so a beginning that the
 * region removed is told from one that somebody else did.
 */
export async function cutChain(ctx: RegionContext, before: Date): Promise<number> {
  return await ctx.db.transaction(async (tx) => {
    await lockChain(tx);
    const seal = await findSealBefore(tx, before, ENTRIES_PER_RUN_MAX);
    if (!seal) return 0;
    const base = { position: seal.position, hash: seal.hash, isBase: true };
    const signed = await signAuditSeal(ctx.secrets.signingKeys, base);
    await putSeal(tx, { ...base, signed, at: ctx.now() });
    return await deleteChainUpTo(tx, seal.position);
  });
}
