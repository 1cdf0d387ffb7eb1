import type { RegionContext } from "@/region/context.ts";
import {
  findLastSeal,
  listUnsealed,
  lockChain,
  putSeal,
  setPositions,
} from "@/region/db/queries/audit.ts";
import { chainText, GENESIS } from "@/region/domain/audit_chain.ts";
import { signAuditSeal } from "@/region/tokens/audit_seal.ts";
import { sha256Hex } from "@/region/tokens/digest.ts";

const ENTRIES_PER_SEAL_MAX = 1000;
const SEALS_PER_RUN_MAX = 100;

/**
 * Appends what is not sealed to the chain, and signs where it then ends; how many entries that were.
 *
 * Not done by whoever writes an entry: the chain would put all writers of the region in one row. So
 * entries are open to change for some seconds, and one that commits late stands later in the chain.
 */
export async function sealEntries(ctx: RegionContext): Promise<number> {
  let sealed = 0;
  for (let i = 0; i < SEALS_PER_RUN_MAX; i++) {
    const count = await sealSome(ctx);
    sealed += count;
    if (count < ENTRIES_PER_SEAL_MAX) break;
  }
  return sealed;
}

async function sealSome(ctx: RegionContext): Promise<number> {
  return await ctx.db.transaction(async (tx) => {
    await lockChain(tx);
    const entries = await listUnsealed(tx, ENTRIES_PER_SEAL_MAX);
    if (entries.length === 0) return 0;
    let { position, hash } = await findLastSeal(tx) ?? { position: 0, hash: GENESIS };
    const links = [];
    for (const entry of entries) {
      position++;
      hash = await hashOf(chainText(hash, position, entry));
      links.push({ id: entry.id, position, hash });
    }
    await setPositions(tx, links);
    const seal = { position, hash, isBase: false };
    const signed = await signAuditSeal(ctx.secrets.signingKeys, seal);
    await putSeal(tx, { ...seal, signed, at: ctx.now() });
    return entries.length;
  });
}

/** One link of the chain. */
export async function hashOf(text: string): Promise<string> {
  return await sha256Hex(new TextEncoder().encode(text));
}
