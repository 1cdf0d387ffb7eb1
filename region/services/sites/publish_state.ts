import type { RegionContext } from "@/region/context.ts";
import type { MachineBmc } from "@/region/db/queries/machines.ts";
import {
  raiseGenerationAbove,
  readSiteRows,
  setPublishedGeneration,
  type SiteRows,
} from "@/region/db/queries/site_state.ts";
import { listFactsOfKinds } from "@/region/db/queries/operation_facts.ts";
import { knownFactsOf } from "@/region/domain/operation_facts.ts";
import {
  buildSiteState,
  type MachineRecord,
  type OperationRecord,
} from "@/region/domain/site_state.ts";
import { siteStateName } from "@/region/object_store/object_names.ts";
import { settingsOf } from "@/region/services/settings/read_settings.ts";
import type { SealKey } from "@/region/tokens/seal.ts";
import { openSiteKey } from "@/region/tokens/site_key.ts";
import { generationOf, signSiteState } from "@/region/tokens/state_document.ts";
import { holdOrdersOfSite } from "./hold_orders.ts";
import { PHASE_FACT_KINDS } from "@/shared/machine/boot_plan.ts";
import { reseal } from "./resealed.ts";

/** Each lost attempt means that somebody else published; then there is usually nothing left to do. */
const ATTEMPTS_MAX = 5;

/** The topic on which those wait who want to know of a site's next document. */
export function siteTopic(siteId: string): string {
  return `site:${siteId}`;
}

/**
 * Brings a site's document in the object store up to what the site should be; nothing when it is.
 *
 * Safe to run at once from several places: the store's compare-and-set lets only a greater
 * generation win. Throws when database or store cannot be reached; the next tick tries again.
 */
export async function publishSiteState(ctx: RegionContext, siteId: string): Promise<void> {
  await holdOrdersOfSite(ctx, siteId);
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const rows = await readSiteRows(ctx.db, siteId);
    if (!rows || rows.site.wantedGeneration <= rows.site.publishedGeneration) return;
    if (await publishRows(ctx, rows)) return;
  }
  ctx.log("site_state.publish_contended", { siteId, attempts: ATTEMPTS_MAX });
}

/** False: the store or the generation moved meanwhile; read again. */
async function publishRows(ctx: RegionContext, rows: SiteRows): Promise<boolean> {
  const { id, wantedGeneration: generation } = rows.site;
  const stored = await readStored(ctx, id);
  if (stored?.generation !== undefined && stored.generation > generation) {
    // Either a newer document was published just now, and reading again shows its generation; or
    // the database is older than the store, after a restore: then its numbers must pass the store's,
    // for agents refuse to go back.
    await raiseGenerationAbove(ctx.db, id, stored.generation);
    return false;
  }
  if (stored?.generation !== generation) {
    const document = await makeDocument(ctx, rows);
    const condition = stored ? { ifEtag: stored.etag } : { ifAbsent: true };
    const bytes = new TextEncoder().encode(document);
    if (!await ctx.objectStore.put(siteStateName(id), bytes, condition)) return false;
    ctx.hub.publish(siteTopic(id));
  }
  await setPublishedGeneration(ctx.db, id, { generation, at: ctx.now() });
  return true;
}

interface Stored {
  readonly etag: string;
  /** Absent: what is there was not signed by this region; it is replaced. */
  readonly generation?: number;
}

async function readStored(ctx: RegionContext, siteId: string): Promise<Stored | undefined> {
  const object = await ctx.objectStore.get(siteStateName(siteId));
  if (!object) return undefined;
  const document = await new Response(object.body).text();
  return {
    etag: object.etag,
    generation: await generationOf(ctx.secrets.signingKeys, document),
  };
}

async function makeDocument(ctx: RegionContext, rows: SiteRows): Promise<string> {
  const siteKeyAtRest = rows.site.sealedSiteKey;
  const site = { siteKey: await openSiteKey(ctx.secrets.sealKey, rows.site), siteKeyAtRest };
  const state = buildSiteState(
    {
      ...rows,
      settings: settingsOf(rows.settings),
      machines: await Promise.all(rows.machines.map(async (row) => ({
        ...await machineRecord(ctx, site, row),
        kernelOptions: rows.kernelOptions.get(row.id),
      }))),
      operations: await Promise.all(
        rows.operations.map((row) => operationRecord(ctx, site, row)),
      ),
    },
    { generation: rows.site.wantedGeneration, issuedAt: ctx.now() },
  );
  return await signSiteState(ctx.secrets.signingKeys, state);
}

/** The site's key, open and as it is stored. */
interface SiteSeal {
  readonly siteKey: SealKey;
  readonly siteKeyAtRest: string;
}

async function machineRecord(
  ctx: RegionContext,
  site: SiteSeal,
  row: SiteRows["machines"][number],
): Promise<MachineRecord> {
  const { bmc: atRest, ...machine } = row;
  const bmc = atRest && await resealBmc(ctx, site, { bmc: atRest, systemId: row.systemId });
  if (!bmc) return machine;
  return bmc.kind === "ipmi" ? { ...machine, bmc } : { ...machine, power: bmc };
}

/** The same with what is sealed in it under the site's key; undefined when it cannot be opened. */
async function resealBmc(
  ctx: RegionContext,
  site: SiteSeal,
  { bmc, systemId: machine }: { bmc: MachineBmc; systemId: string },
): Promise<MachineBmc | undefined> {
  const sealed: Record<string, string> = {};
  for (const field of ["sealedPassword", "sealedKg"] as const) {
    const atRest = (bmc as { [field]?: string })[field]; // some kinds have no such field
    if (atRest === undefined) continue;
    const opened = await tryToReseal(ctx, site, atRest, { machine });
    if (opened === undefined) return undefined;
    sealed[field] = opened;
  }
  return { ...bmc, ...sealed };
}

async function operationRecord(
  ctx: RegionContext,
  site: SiteSeal,
  row: SiteRows["operations"][number],
): Promise<OperationRecord> {
  const { sealedUserData: atRest, ...rest } = row;
  const operation = { ...rest, ...await earlierFacts(ctx, row) };
  if (atRest === null) return operation;
  const sealedUserData = await tryToReseal(ctx, site, atRest, { operation: row.id });
  return { ...operation, sealedUserData };
}

/** Where an operation stands that another agent had before: what that one told of it. */
async function earlierFacts(
  ctx: RegionContext,
  { id, wasPassedOn }: SiteRows["operations"][number],
): Promise<Pick<OperationRecord, "earlierFacts">> {
  if (!wasPassedOn) return {};
  return { earlierFacts: knownFactsOf(id, await listFactsOfKinds(ctx.db, [id], PHASE_FACT_KINDS)) };
}

/** From the region's key to the site's. One secret that cannot be opened must not stop a site. */
async function tryToReseal(
  ctx: RegionContext,
  site: SiteSeal,
  sealed: string,
  whose: Record<string, string>,
): Promise<string | undefined> {
  try {
    return await reseal(ctx, site, sealed);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    ctx.log("site_state.secret_unreadable", { site: site.siteKey.id, ...whose, reason });
    return undefined;
  }
}
