import { z } from "zod";
import type { RegionContext } from "@/region/context.ts";
import { listSitesHeard } from "@/region/db/queries/conditions.ts";
import { findNextDue } from "@/region/db/queries/due_work.ts";
import { listConditions } from "@/region/db/queries/notifications.ts";
import { silenceIdent, siteSilence } from "@/region/domain/notifications/conditions.ts";
import { TICKED_NAME, WORK_NAME } from "@/region/object_store/object_names.ts";
import { readSeen, type SiteSeen } from "@/region/services/agents/agents_seen.ts";
import { readSettings } from "@/region/services/settings/read_settings.ts";

/** What was begun before a tick may be committed after it, by a request that takes so long. */
const LATE_COMMIT_MS = 2 * 60_000;
/** Old sessions, events and the like are forgotten at least so often. */
const AT_LEAST_EVERY_MS = 24 * 3_600_000;

const Moment = z.iso.datetime();
const Work = z.object({ at: Moment });

/** What a tick leaves for the looks after it. */
const Ticked = z.object({
  /** The word that the tick has seen. */
  workEtag: z.string().nullable(),
  dueAt: Moment,
  silentMinutes: z.number(),
  sites: z.array(z.object({
    id: z.string(),
    heardAt: Moment,
    publishedAt: Moment.nullable(),
    isSilent: z.boolean(),
  })),
});
type Ticked = z.infer<typeof Ticked>;

/** What was seen in the object store; `recordTick` takes it back. */
export interface Look {
  readonly isDue: boolean;
  readonly workEtag: string | null;
  readonly workAt: Date | undefined;
}

/**
 * Whether a tick has something to do, by the object store alone: so that a database may sleep while
 * nothing happens.
 *
 * It has when the database was changed since the last tick, when that said that something would be
 * due by now, and when a site fell silent or is heard again.
 */
export async function lookForWork(ctx: RegionContext): Promise<Look> {
  const [work, ticked] = await Promise.all([readJson(ctx, WORK_NAME), readJson(ctx, TICKED_NAME)]);
  const word = Work.safeParse(work?.value).data;
  const seen = { workEtag: work?.etag ?? null, workAt: word && new Date(word.at) };
  const last = Ticked.safeParse(ticked?.value).data;
  const isDue = !last || last.workEtag !== seen.workEtag || Date.parse(last.dueAt) <= nowMs(ctx) ||
    await isAnySiteOtherwise(ctx, last);
  return { ...seen, isDue };
}

/** After a tick in which nothing failed: when there will be something to do. */
export async function recordTick(ctx: RegionContext, { workEtag, workAt }: Look): Promise<void> {
  const { siteSilentMinutes: silentMinutes } = await readSettings(ctx.db);
  const sites = await listSitesHeard(ctx.db);
  const due = await findNextDue(ctx.db, ctx.now());
  const lateMs = (workAt?.getTime() ?? -Infinity) + LATE_COMMIT_MS;
  const dueMs = Math.min(
    nowMs(ctx) + AT_LEAST_EVERY_MS,
    due?.getTime() ?? Infinity,
    lateMs > nowMs(ctx) ? lateMs : Infinity,
  );
  // What people were told, not what is so: a sweep that was not due leaves it to the next look.
  const told = new Set((await listConditions(ctx.db)).map(({ ident }) => ident));
  const ticked: Ticked = {
    workEtag,
    dueAt: new Date(dueMs).toISOString(),
    silentMinutes,
    sites: sites.map((site) => ({
      id: site.id,
      heardAt: site.heardAt.toISOString(),
      publishedAt: site.publishedAt?.toISOString() ?? null,
      isSilent: told.has(silenceIdent(site.id)),
    })),
  };
  await ctx.objectStore.put(TICKED_NAME, new TextEncoder().encode(JSON.stringify(ticked)));
}

async function isAnySiteOtherwise(ctx: RegionContext, last: Ticked): Promise<boolean> {
  if (last.sites.length === 0) return false;
  const { sites: seen } = await readSeen(ctx);
  return last.sites.some((site) => {
    const heardAt = new Date(site.heardAt);
    const publishedAt = site.publishedAt === null ? null : new Date(site.publishedAt);
    const now = { id: site.id, name: site.id, heardAt, publishedAt, seen: seen.get(site.id) };
    return isSilent(ctx, now, last.silentMinutes) !== site.isSilent;
  });
}

function isSilent(
  ctx: RegionContext,
  { seen, ...site }: Parameters<typeof siteSilence>[0] & { readonly seen: SiteSeen | undefined },
  silentMinutes: number,
): boolean {
  const when = { now: ctx.now(), silentMinutes };
  return siteSilence({ ...site, seenAt: seen?.at }, when).length > 0;
}

async function readJson(
  { objectStore }: RegionContext,
  name: string,
): Promise<{ etag: string; value: unknown } | undefined> {
  const object = await objectStore.get(name);
  if (!object) return undefined;
  const text = await new Response(object.body).text();
  try {
    return { etag: object.etag, value: JSON.parse(text) };
  } catch {
    return { etag: object.etag, value: undefined }; // as if it had never been: a tick writes it anew
  }
}

function nowMs(ctx: RegionContext): number {
  return ctx.now().getTime();
}
