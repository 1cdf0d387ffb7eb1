import type { RegionContext } from "@/region/context.ts";
import { readEffects, type TableEffect } from "@/region/db/queries/transaction_effects.ts";

/** What would be changed or removed of one kind of things. */
export interface Effect {
  /** In words, such as `ip ranges`. */
  readonly what: string;
  readonly changed: number;
  readonly removed: number;
}

export interface Rehearsal<T> {
  readonly value: T;
  readonly effects: Effect[];
}

/** Whoever is asked what would happen means none of these. */
const OWN_RECORDS = ["audit_entries", "events", "repeatable_requests", "sites"];

/**
 * Does something and undoes it: what it would be refused for, it is refused for here, by the same
 * code and the same constraints. Only for work that leaves the database in no other way than by
 * `publishSoon`.
 */
export async function rehearse<T>(
  ctx: RegionContext,
  work: (ctx: RegionContext) => Promise<T>,
): Promise<Rehearsal<T>> {
  try {
    return await ctx.db.transaction(async (tx) => {
      const before = await readEffects(tx);
      const value = await work({ ...ctx, db: tx, holdsPublishing: true });
      throw new Rehearsed({ value, effects: effectsBetween(before, await readEffects(tx)) });
    });
  } catch (thrown) {
    // The only one who throws it is a few lines above, with the result of this very work.
    if (thrown instanceof Rehearsed) return thrown.result as Rehearsal<T>;
    throw thrown;
  }
}

/** Thrown to roll back. */
class Rehearsed extends Error {
  constructor(readonly result: Rehearsal<unknown>) {
    super("what was rehearsed is undone");
  }
}

function effectsBetween(before: readonly TableEffect[], after: readonly TableEffect[]): Effect[] {
  return after.filter(({ table }) => !OWN_RECORDS.includes(table)).map((now) => {
    const earlier = before.find(({ table }) => table === now.table);
    return {
      what: now.table.replaceAll("_", " "),
      changed: now.changed - (earlier?.changed ?? 0),
      removed: now.removed - (earlier?.removed ?? 0),
    };
  }).filter(({ changed, removed }) => changed + removed > 0);
}
