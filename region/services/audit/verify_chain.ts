import type { RegionContext } from "@/region/context.ts";
import {
  type AuditRow,
  type AuditSealRow,
  findBase,
  findLastSeal,
  listSealed,
  listSeals,
} from "@/region/db/queries/audit.ts";
import { chainText, GENESIS } from "@/region/domain/audit_chain.ts";
import { isOurAuditSeal } from "@/region/tokens/audit_seal.ts";
import { type Caller, requireRole } from "../identity/caller.ts";
import { hashOf, sealEntries } from "./seal_entries.ts";

const ENTRIES_PER_READ = 1000;

/** Where the chain breaks first. */
export interface BrokenLink {
  readonly position: number;
  /** The entry that stands there; null: it is missing. */
  readonly entryId: number | null;
  readonly reason: "changed" | "missing" | "bad_seal";
}

/** What a verification found; `head` is worth noting down elsewhere: it shows a cut-off end later. */
export interface ChainReport {
  readonly isIntact: boolean;
  readonly checked: number;
  readonly firstBroken: BrokenLink | null;
  readonly base: { position: number; hash: string };
  readonly head: { position: number; hash: string };
}

/** Seals what is not sealed, then walks the whole chain. Reads every entry: seconds per 100,000. */
export async function verifyAudit(ctx: RegionContext, caller: Caller): Promise<ChainReport> {
  requireRole(caller, "admin");
  await sealEntries(ctx);
  return await verifyChain(ctx);
}

/**
 * Walks the chain from its base to its last seal, and stops at the first thing that is wrong.
 *
 * In one snapshot: what is sealed during the walk would look like an end that nobody signed.
 */
export async function verifyChain(ctx: RegionContext): Promise<ChainReport> {
  return await ctx.db.transaction(
    (tx) => walkChain({ ...ctx, db: tx }),
    { isolationLevel: "repeatable read", accessMode: "read only" },
  );
}

async function walkChain(ctx: RegionContext): Promise<ChainReport> {
  const base = await findBase(ctx.db);
  const start = { position: base?.position ?? 0, hash: base?.hash ?? GENESIS };
  const last = await findLastSeal(ctx.db);
  let at = start;
  const report = (firstBroken: BrokenLink | null): ChainReport => ({
    isIntact: firstBroken === null,
    checked: at.position - start.position,
    firstBroken,
    base: start,
    head: at,
  });
  if (base && !await isSigned(ctx, base)) return report(badSeal(base.position));
  for (;;) {
    const entries = await listSealed(ctx.db, at.position, ENTRIES_PER_READ);
    const step = await followLinks(ctx, at, entries);
    at = step.at;
    if (step.broken) return report(step.broken);
    if (entries.length < ENTRIES_PER_READ) break;
  }
  const sealedTo = last?.position ?? 0;
  if (sealedTo > at.position) return report(missing(at.position + 1));
  // An end that nobody signed was not written by sealing.
  return report(sealedTo < at.position ? badSeal(at.position) : null);
}

interface Place {
  readonly position: number;
  readonly hash: string;
}

async function followLinks(
  ctx: RegionContext,
  from: Place,
  entries: readonly AuditRow[],
): Promise<{ at: Place; broken?: BrokenLink }> {
  let at = from;
  const end = entries.at(-1)?.position ?? from.position;
  const seals = await listSeals(ctx.db, { first: from.position + 1, last: end });
  const sealAt = new Map(seals.map((seal) => [seal.position, seal]));
  for (const entry of entries) {
    const position = at.position + 1;
    if (entry.position !== position) return { at, broken: missing(position) };
    const hash = await hashOf(chainText(at.hash, position, entry));
    if (hash !== entry.hash) {
      return { at, broken: { position, entryId: entry.id, reason: "changed" } };
    }
    const seal = sealAt.get(position);
    if (seal && (seal.hash !== hash || !await isSigned(ctx, seal))) {
      return { at, broken: { ...badSeal(position), entryId: entry.id } };
    }
    at = { position, hash };
  }
  return { at };
}

async function isSigned(ctx: RegionContext, seal: AuditSealRow): Promise<boolean> {
  return await isOurAuditSeal(ctx.secrets.signingKeys, seal.signed, seal);
}

function missing(position: number): BrokenLink {
  return { position, entryId: null, reason: "missing" };
}

function badSeal(position: number): BrokenLink {
  return { position, entryId: null, reason: "bad_seal" };
}
