import type { RegionContext } from "@/region/context.ts";
import {
  deleteScript as deleteRow,
  findScript,
  insertScript,
  listScripts as listRows,
  type ScriptRow,
  type ScriptType,
  updateScript as updateRow,
} from "@/region/db/queries/scripts.ts";
import { BUILT_IN_SCRIPTS, COLLECTOR_NAME } from "@/region/domain/scripts/built_in.ts";
import { recordChange } from "@/region/services/audit/record_change.ts";
import { expectVersion } from "@/region/services/expect_version.ts";
import { mustFind } from "@/region/services/not_found.ts";
import { refuseViolations } from "@/region/services/refuse_violations.ts";
import { ChangedMeanwhile, retryOnChange } from "@/region/services/retry_on_change.ts";
import { sha256Hex } from "@/region/tokens/digest.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { type Caller, requireRole } from "../identity/caller.ts";

/** People keep a handful; a list is one page. */
export const SCRIPTS_MAX = 500;

export interface NewScriptInput {
  readonly name: string;
  readonly type: ScriptType;
  readonly source: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly timeoutSeconds?: number;
  readonly parallel?: boolean;
}
const TIMEOUT_SECONDS_DEFAULT = 1800;

/** A script as people see it; `version` is null for one that came with the region. */
export type ScriptView = ReturnType<typeof viewOf>;

/** Those of the region first, then people's, each by name; sources are left out. */
export async function listScripts(
  ctx: RegionContext,
  caller: Caller,
  query: { type?: ScriptType },
): Promise<Omit<ScriptView, "source">[]> {
  requireRole(caller, "viewer");
  const rows = await listRows(ctx.db, query.type, SCRIPTS_MAX);
  const all = [...await builtInViews(), ...rows.map(viewOf)];
  return all.filter(({ type }) => query.type === undefined || type === query.type)
    .map(({ source: _source, ...view }) => view);
}

/** Throws `not_found`. */
export async function getScript(
  ctx: RegionContext,
  caller: Caller,
  name: string,
): Promise<ScriptView> {
  requireRole(caller, "viewer");
  const builtIn = (await builtInViews()).find((script) => script.name === name);
  return builtIn ?? viewOf(mustFind(await findScript(ctx.db, name), "script", name));
}

/** Throws `conflict` when the name is taken, `limited` when there are too many. */
export async function createScript(
  ctx: RegionContext,
  caller: Caller,
  input: NewScriptInput,
): Promise<ScriptView> {
  requireRole(caller, "admin");
  if (isReserved(input.name)) throw nameReserved(input.name);
  if ((await listRows(ctx.db, undefined, SCRIPTS_MAX)).length >= SCRIPTS_MAX) throw tooMany();
  const at = ctx.now();
  const sha256 = await hashOf(input.source);
  const row = await refuseViolations(NAME_TAKEN, () =>
    ctx.db.transaction(async (tx) => {
      const made = await insertScript(tx, {
        ...input,
        tags: [...input.tags ?? []],
        timeoutSeconds: input.timeoutSeconds ?? TIMEOUT_SECONDS_DEFAULT,
        sha256,
        createdAt: at,
        changedAt: at,
      });
      const about = { id: made.id, name: made.name, after: auditView(made) };
      await recordChange(ctx, tx, caller, { action: "script.create", ...about });
      return made;
    }));
  return viewOf(row);
}

/** What runs already runs as it was. Throws `not_found`, `conflict` or `precondition_failed`. */
export async function updateScript(
  ctx: RegionContext,
  caller: Caller,
  input: Partial<NewScriptInput> & { scriptName: string; ifVersion?: number },
): Promise<ScriptView> {
  requireRole(caller, "admin");
  const { scriptName, ifVersion, tags, ...rest } = input;
  if (isReserved(scriptName) || isReserved(rest.name ?? "")) {
    throw nameReserved(rest.name ?? scriptName);
  }
  const change = {
    ...rest,
    ...(tags ? { tags: [...tags] } : {}),
    ...(rest.source === undefined ? {} : { sha256: await hashOf(rest.source) }),
    changedAt: ctx.now(),
  };
  const attempt = () =>
    ctx.db.transaction(async (tx) => {
      const read = mustFind(await findScript(tx, scriptName), "script", scriptName);
      expectVersion(read, ifVersion);
      const row = await updateRow(tx, read, change);
      if (!row) throw new ChangedMeanwhile();
      const about = { id: row.id, name: row.name, before: auditView(read), after: auditView(row) };
      await recordChange(ctx, tx, caller, { action: "script.update", ...about });
      return viewOf(row);
    });
  return await refuseViolations(NAME_TAKEN, () => retryOnChange(`script ${scriptName}`, attempt));
}

/** Its results stay. Throws `not_found`, or `conflict` for one that came with the region. */
export async function deleteScript(
  ctx: RegionContext,
  caller: Caller,
  input: { scriptName: string; ifVersion?: number },
): Promise<void> {
  requireRole(caller, "admin");
  const { scriptName } = input;
  if (isReserved(scriptName)) throw nameReserved(scriptName);
  await retryOnChange(`script ${scriptName}`, () =>
    ctx.db.transaction(async (tx) => {
      const read = mustFind(await findScript(tx, scriptName), "script", scriptName);
      expectVersion(read, input.ifVersion);
      if (!await deleteRow(tx, read)) throw new ChangedMeanwhile();
      const about = { id: read.id, name: read.name, before: auditView(read) };
      await recordChange(ctx, tx, caller, { action: "script.delete", ...about });
    }));
}

async function builtInViews(): Promise<ScriptView[]> {
  return await Promise.all(BUILT_IN_SCRIPTS.map(async (script) => ({
    ...script,
    id: null,
    tags: [...script.tags],
    sha256: await hashOf(script.source),
    version: null,
    createdAt: null,
    changedAt: null,
  })));
}

function viewOf(row: ScriptRow) {
  const { id, name, type, description, tags, timeoutSeconds, parallel, source, sha256 } = row;
  return {
    id: id as number | null, // null for those of the region, which share this form
    name,
    type,
    description,
    tags,
    timeoutSeconds,
    parallel,
    source,
    sha256,
    version: row.version as number | null, // as above
    createdAt: row.createdAt.toISOString() as string | null, // as above
    changedAt: row.changedAt.toISOString() as string | null, // as above
  };
}

/** The hash says which source; the source itself may hold what not everybody should read. */
function auditView({ name, type, tags, timeoutSeconds, parallel, sha256 }: ScriptRow) {
  return { name, type, tags, timeoutSeconds, parallel, sha256 };
}

async function hashOf(source: string): Promise<string> {
  return await sha256Hex(new TextEncoder().encode(source));
}

function isReserved(name: string): boolean {
  return name === COLLECTOR_NAME || BUILT_IN_SCRIPTS.some((script) => script.name === name);
}

const NAME_TAKEN = {
  scripts_name: {
    code: "script.name_taken",
    message: "another script has this name",
    field: "name",
  },
};

function nameReserved(name: string): DomainError {
  return new DomainError({
    kind: "conflict",
    code: "script.built_in",
    message: `${name} comes with the region and cannot be changed; use another name`,
    field: "name",
  });
}

function tooMany(): DomainError {
  return new DomainError({
    kind: "limited",
    code: "script.too_many",
    message: `there are ${SCRIPTS_MAX} scripts already; delete one first`,
  });
}
