import type { RegionContext } from "@/region/context.ts";
import type { Db } from "@/region/db/client.ts";
import type { OperationRow } from "@/region/db/queries/operations.ts";
import {
  deleteOldScriptResults,
  insertScriptResults,
  listScripts,
  type ScriptType,
} from "@/region/db/queries/scripts.ts";
import { BUILT_IN_SCRIPTS, COLLECTOR_NAME, type Script } from "@/region/domain/scripts/built_in.ts";
import { chooseScripts } from "@/region/domain/scripts/choose_scripts.ts";
import { blobName } from "@/region/object_store/object_names.ts";
import { readSettings } from "@/region/services/settings/read_settings.ts";
import { sha256Hex } from "@/region/tokens/digest.ts";
import type { StateScript } from "@/shared/contract/site_state.ts";
import { SCRIPTS_MAX } from "./manage_scripts.ts";

/**
 * The scripts that an operation will run, put where its site fetches them.
 *
 * `wanted` holds names and tags; see `chooseScripts`, whose refusals it throws.
 */
export async function prepareScripts(
  ctx: RegionContext,
  type: ScriptType,
  wanted: readonly string[] | undefined,
): Promise<StateScript[]> {
  const all: Script[] = [...BUILT_IN_SCRIPTS, ...await listScripts(ctx.db, type, SCRIPTS_MAX)];
  return await Promise.all(
    chooseScripts(all, type, wanted).map((script) => publishScript(ctx, script)),
  );
}

async function publishScript(ctx: RegionContext, script: Script): Promise<StateScript> {
  const { name, timeoutSeconds, parallel } = script;
  const bytes = new TextEncoder().encode(script.source);
  const sha256 = await sha256Hex(bytes);
  await ctx.objectStore.put(blobName(sha256), bytes, { ifAbsent: true });
  return { name, timeoutSeconds, parallel, file: { sha256, bytes: bytes.length } };
}

/**
 * Writes down what an operation is going to run, in the transaction that starts it, and forgets what
 * the machine ran longer ago than the settings say.
 */
export async function expectScriptResults(tx: Db, operation: OperationRow): Promise<void> {
  const { kind, scripts } = operation;
  if (kind !== "commission" && kind !== "test") return;
  const type: ScriptType = kind === "commission" ? "commissioning" : "testing";
  const named = (scripts ?? []).map(({ name, file }) => ({ name, sha256: file.sha256 }));
  const all = kind === "commission" ? [{ name: COLLECTOR_NAME, sha256: null }, ...named] : named;
  await insertScriptResults(
    tx,
    all.map(({ name, sha256 }, i) => ({
      machineId: operation.machineId,
      operationId: operation.id,
      number: i + 1,
      name,
      type,
      sha256,
      state: "pending" as const,
    })),
  );
  const { scriptRunsKept: runsKept } = await readSettings(tx);
  await deleteOldScriptResults(tx, { machineId: operation.machineId, type, runsKept });
}
