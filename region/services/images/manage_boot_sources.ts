import type { RegionContext } from "@/region/context.ts";
import { addGarbage } from "@/region/db/queries/blob_transfers.ts";
import {
  type BootSourceRow,
  deleteBootSource,
  findBootSource,
  insertBootSource,
  listBootSources as listRows,
  type SourceSelection,
  updateBootSource as updateRow,
} from "@/region/db/queries/boot_sources.ts";
import { bumpAllGenerations, retireOthers } from "@/region/db/queries/images.ts";
import { idFromBytes } from "@/region/domain/random_id.ts";
import { parseSourceUrl } from "@/region/domain/stream_path.ts";
import { expectVersion } from "@/region/services/expect_version.ts";
import { mustFind } from "@/region/services/not_found.ts";
import { publishSoon } from "@/region/services/publish_soon.ts";
import { refuseViolations } from "@/region/services/refuse_violations.ts";
import { ChangedMeanwhile, retryOnChange } from "@/region/services/retry_on_change.ts";
import { type KeyView, readKeyring } from "@/region/tokens/openpgp.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { recordChange } from "../audit/record_change.ts";
import { type Caller, requireRole } from "../identity/caller.ts";

const SOURCES_MAX = 50;

/** A source with what its keyring says of itself. */
export interface BootSourceView extends BootSourceRow {
  readonly keys: readonly KeyView[];
}

export interface BootSourceInput {
  readonly name: string;
  readonly url: string;
  /** Null: taken unsigned, which has to be said. */
  readonly keyring: string | null;
  readonly selections?: readonly SourceSelection[];
  readonly keepVersions?: number;
  readonly syncMinutes?: number | null;
  readonly bytesPerSecond?: number | null;
  /** Absent: false. */
  readonly agentsFetchDirectly?: boolean;
}

/** All of them, by name: there are at most 50. */
export async function listBootSources(
  ctx: RegionContext,
  caller: Caller,
): Promise<BootSourceView[]> {
  requireRole(caller, "viewer");
  return await Promise.all((await listRows(ctx.db)).map(view));
}

/** Throws `not_found`. */
export async function getBootSource(
  ctx: RegionContext,
  caller: Caller,
  id: string,
): Promise<BootSourceView> {
  requireRole(caller, "viewer");
  return await view(mustFind(await findBootSource(ctx.db, id), "boot_source", id));
}

/** Makes a source; nothing is fetched from it yet. */
export async function createBootSource(
  ctx: RegionContext,
  caller: Caller,
  input: BootSourceInput,
): Promise<BootSourceView> {
  requireRole(caller, "admin");
  const { url, keyring, selections = [], keepVersions = 1, syncMinutes = 60, ...rest } = input;
  const checked = { url: parseSourceUrl(url), keyring: await checkKeyring(keyring) };
  return await view(
    await refuseViolations(
      { boot_sources_name: nameTaken(input.name) },
      () =>
        ctx.db.transaction(async (tx) => {
          if ((await listRows(tx)).length >= SOURCES_MAX) throw tooMany();
          const row = await insertBootSource(tx, {
            ...rest,
            ...checked,
            selections,
            keepVersions,
            syncMinutes,
            id: `bs-${idFromBytes(ctx.randomBytes(6))}`,
            createdAt: ctx.now(),
          });
          await recordChange(ctx, tx, caller, {
            action: "boot_source.create",
            id: row.id,
            name: row.name,
            after: auditView(row),
          });
          return row;
        }),
    ),
  );
}

/** Changes a source, which the next sync goes by; where agents may fetch from changes at once. */
export async function updateBootSource(
  ctx: RegionContext,
  caller: Caller,
  { sourceId, ifVersion, ...change }: Partial<BootSourceInput> & {
    readonly sourceId: string;
    readonly ifVersion?: number;
  },
): Promise<BootSourceView> {
  requireRole(caller, "admin");
  const checked = {
    ...change,
    ...(change.url === undefined ? {} : { url: parseSourceUrl(change.url) }),
    ...(change.keyring === undefined ? {} : { keyring: await checkKeyring(change.keyring) }),
  };
  const { row, siteIds } = await refuseViolations(
    { boot_sources_name: nameTaken(change.name ?? "") },
    () =>
      retryOnChange(`boot source ${sourceId}`, () =>
        ctx.db.transaction(async (tx) => {
          const read = mustFind(await findBootSource(tx, sourceId), "boot_source", sourceId);
          expectVersion(read, ifVersion);
          const row = await updateRow(tx, read, checked);
          if (!row) throw new ChangedMeanwhile();
          await recordChange(ctx, tx, caller, {
            action: "boot_source.update",
            id: row.id,
            name: row.name,
            before: auditView(read),
            after: auditView(row),
          });
          // Sites' documents say where agents may fetch from; all else is for the next sync.
          const isNews = row.agentsFetchDirectly !== read.agentsFetchDirectly;
          return { row, siteIds: isNews ? await bumpAllGenerations(tx) : [] };
        })),
  );
  for (const siteId of siteIds) await publishSoon(ctx, siteId);
  return await view(row);
}

/** Removes a source; its images are offered no more, and machines that have one keep it. */
export async function removeBootSource(
  ctx: RegionContext,
  caller: Caller,
  { sourceId, ifVersion }: { sourceId: string; ifVersion?: number },
): Promise<void> {
  requireRole(caller, "admin");
  const siteIds = await retryOnChange(
    `boot source ${sourceId}`,
    () =>
      ctx.db.transaction(async (tx) => {
        const read = mustFind(await findBootSource(tx, sourceId), "boot_source", sourceId);
        expectVersion(read, ifVersion);
        const at = ctx.now();
        const retired = await retireOthers(tx, sourceId, { kept: [], at });
        await addGarbage(tx, retired.flatMap(({ files }) => files.map(({ sha256 }) => sha256)), at);
        if (!await deleteBootSource(tx, read)) throw new ChangedMeanwhile();
        await recordChange(ctx, tx, caller, {
          action: "boot_source.delete",
          id: sourceId,
          name: read.name,
          before: auditView(read),
        });
        return retired.length > 0 ? await bumpAllGenerations(tx) : [];
      }),
  );
  for (const siteId of siteIds) await publishSoon(ctx, siteId);
}

async function view(row: BootSourceRow): Promise<BootSourceView> {
  return { ...row, keys: row.keyring === null ? [] : (await readKeyring(row.keyring)).keys };
}

async function checkKeyring(keyring: string | null): Promise<string | null> {
  return keyring === null ? null : (await readKeyring(keyring)).armored;
}

function auditView({ version: _version, createdAt: _createdAt, ...source }: BootSourceRow) {
  return source;
}

function nameTaken(name: string) {
  return {
    code: "boot_source.name_taken",
    field: "name",
    message: `there is a boot source called "${name}" already`,
  };
}

function tooMany(): DomainError {
  return new DomainError({
    kind: "limited",
    code: "boot_source.too_many",
    message: `there are ${SOURCES_MAX} boot sources, which is as many as there can be; remove one`,
  });
}
