import type { RegionContext } from "@/region/context.ts";
import type { Db } from "@/region/db/client.ts";
import { insertEvent } from "@/region/db/queries/events.ts";
import { bumpGeneration } from "@/region/db/queries/sites.ts";
import { type Change, recordChange } from "@/region/services/audit/record_change.ts";
import { publishSoon } from "@/region/services/publish_soon.ts";
import type { Caller } from "../identity/caller.ts";

/**
 * Changes what a site should be: one transaction, then the site's document.
 *
 * The site's row is locked first, so two changes of one site follow each other and each sees what
 * the other did: rules that look at more than one row cannot be raced past.
 */
export async function changeSite<T>(
  ctx: RegionContext,
  siteId: string,
  work: (tx: Db) => Promise<T>,
): Promise<T> {
  const result = await ctx.db.transaction(async (tx) => {
    await bumpGeneration(tx, siteId);
    return await work(tx);
  });
  await publishSoon(ctx, siteId);
  return result;
}

/** Writes down a change of a site's networks: an audit entry, and a line in the timeline. */
export async function recordNetworkChange(
  ctx: RegionContext,
  tx: Db,
  caller: Caller,
  change: Change & { readonly siteId: string; readonly machineId?: number },
): Promise<void> {
  const { siteId, machineId, ...entry } = change;
  await recordChange(ctx, tx, caller, entry);
  const [noun = "", verb = ""] = change.action.split(".");
  await insertEvent(tx, {
    at: ctx.now(),
    siteId,
    machineId,
    level: "info",
    code: "network.changed",
    message: `${caller.username} ${PAST[verb] ?? verb} the ${noun.replaceAll("_", " ")} ${
      change.name ?? change.id
    }`,
  });
}

const PAST: Readonly<Record<string, string>> = {
  create: "made",
  update: "changed",
  delete: "removed",
};
