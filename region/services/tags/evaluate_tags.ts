import type { RegionContext } from "@/region/context.ts";
import type { Db } from "@/region/db/client.ts";
import { listInventories } from "@/region/db/queries/machines.ts";
import { bumpGeneration } from "@/region/db/queries/sites.ts";
import {
  addMachineTags,
  listMachinesWith,
  listMachineTags,
  listPendingTags,
  lockAutomaticTags,
  lockTag,
  removeMachineTags,
  removeTagFrom,
  setPending,
  type TagRow,
} from "@/region/db/queries/tags.ts";
import { matchesExpression } from "@/region/domain/tag_expression/evaluate.ts";
import { parseTagExpression } from "@/region/domain/tag_expression/parse.ts";
import type { Inventory } from "@/shared/contract/inventory.ts";

const MACHINES_PER_SLICE = 2000;
/** What is left comes with the next tick. */
const SLICES_MAX = 5;

/**
 * Makes the automatic tags of one machine follow what was just found in it.
 *
 * In the transaction that stores the inventory and holds the machine's lock; its caller bumps the
 * site's generation, for tags have to do with how a machine boots.
 */
export async function tagByInventory(
  tx: Db,
  machineId: number,
  inventory: Inventory,
): Promise<void> {
  const automatic = await lockAutomaticTags(tx);
  if (automatic.length === 0) return;
  const present = new Set((await listMachineTags(tx, [machineId])).map(({ tag }) => tag.id));
  const fitting = automatic.filter((tag) => isFor(tag, inventory));
  const stale = automatic.filter((tag) => present.has(tag.id) && !fitting.includes(tag));
  await addMachineTags(tx, fitting.map(({ id }) => ({ machineId, tagId: id })));
  await removeMachineTags(tx, machineId, stale.map(({ id }) => id));
}

/**
 * Holds machines against definitions that are new or changed, some thousands at a time.
 *
 * Harmless when two run at once: each slice is one transaction that begins where the last ended.
 */
export async function evaluatePendingTags(ctx: RegionContext): Promise<void> {
  for (let slice = 0; slice < SLICES_MAX; slice++) {
    const [tag] = await listPendingTags(ctx.db, 1);
    if (!tag) return;
    await evaluateSlice(ctx, tag);
  }
}

async function evaluateSlice(ctx: RegionContext, seen: TagRow): Promise<void> {
  await ctx.db.transaction(async (tx) => {
    const afterId = seen.pendingAfterId ?? 0;
    const machines = await listInventories(tx, { afterId, isLocked: true }, MACHINES_PER_SLICE);
    // Read again under the lock: it may have been redefined, or another sweep was here first.
    const tag = await lockTag(tx, seen.id);
    if (tag?.version !== seen.version || tag.pendingAfterId !== seen.pendingAfterId) return;
    const had = new Set(await listMachinesWith(tx, tag.id, machines.map(({ id }) => id)));
    const fits = new Set(
      machines.filter(({ inventory }) => inventory && isFor(tag, inventory)).map(({ id }) => id),
    );
    const changed = machines.filter(({ id }) => had.has(id) !== fits.has(id));
    const added = changed.filter(({ id }) => fits.has(id));
    const removed = changed.filter(({ id }) => had.has(id)).map(({ id }) => id);
    await addMachineTags(tx, added.map(({ id }) => ({ machineId: id, tagId: tag.id })));
    await removeTagFrom(tx, tag.id, removed);
    const last = machines.length === MACHINES_PER_SLICE ? machines.at(-1) : undefined;
    await setPending(tx, tag.id, last?.id ?? null);
    if (tag.kernelOptions === "") return;
    const siteIds = new Set(changed.map(({ siteId }) => siteId));
    for (const siteId of [...siteIds].sort()) await bumpGeneration(tx, siteId);
  });
}

function isFor(tag: TagRow, inventory: Inventory): boolean {
  return tag.definition !== null &&
    matchesExpression(parseTagExpression(tag.definition), inventory);
}
