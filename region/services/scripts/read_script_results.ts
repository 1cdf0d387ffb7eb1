import type { RegionContext } from "@/region/context.ts";
import {
  findScriptResult,
  listScriptResults as listRows,
  type ScriptResultStanding,
  type ScriptResultState,
} from "@/region/db/queries/scripts.ts";
import { uploadName } from "@/region/object_store/object_names.ts";
import { findMachineInScope } from "@/region/services/machines/machine_scope.ts";
import { mustFind } from "@/region/services/not_found.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { type Caller, requireRole } from "../identity/caller.ts";

/** `aborted`: the operation ended before the script did. */
export type ScriptResultView = ReturnType<typeof viewOf>;

/** What a machine's scripts came to, newest first. Throws `not_found`. */
export async function listScriptResults(
  ctx: RegionContext,
  caller: Caller,
  query: { systemId: string; operation?: string; cursor?: number; limit: number },
): Promise<{ scriptResults: ScriptResultView[]; nextCursor: string | null }> {
  requireRole(caller, "viewer");
  const { systemId, operation: operationId, cursor, limit } = query;
  const machine = await findMachineInScope(ctx.db, caller, systemId);
  const rows = await listRows(
    ctx.db,
    { machineId: machine.id, operationId, beforeId: cursor },
    limit + 1,
  );
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return {
    scriptResults: page.map(viewOf),
    nextCursor: rows.length > limit && last ? String(last.result.id) : null,
  };
}

/**
 * What a script wrote, from the end when it was much; empty when it wrote nothing.
 *
 * Throws `not_found` for a result that the machine has not, `gone` for output that is not kept any more.
 */
export async function readScriptOutput(
  ctx: RegionContext,
  caller: Caller,
  query: { systemId: string; resultId: number; stream: "stdout" | "stderr" },
): Promise<string> {
  requireRole(caller, "viewer");
  const { systemId, resultId, stream } = query;
  const machine = await findMachineInScope(ctx.db, caller, systemId);
  const row = await findScriptResult(ctx.db, machine.id, resultId);
  const result = mustFind(row, "script_result", resultId);
  const sha256 = stream === "stdout" ? result.stdoutSha256 : result.stderrSha256;
  if (!sha256) return "";
  const object = await ctx.objectStore.get(uploadName(machine.siteId, sha256));
  // A site keeps no more than two mebibytes of it.
  if (object) return await new Response(object.body).text();
  throw new DomainError({
    kind: "gone",
    code: "script_result.output_gone",
    message: `what ${result.name} wrote is not kept any more`,
  });
}

function viewOf({ result, isUnderWay }: ScriptResultStanding) {
  const isOpen = result.state === "pending" || result.state === "running";
  const state: ScriptResultState | "aborted" = isOpen && !isUnderWay ? "aborted" : result.state;
  return {
    id: result.id,
    operation: result.operationId,
    number: result.number,
    name: result.name,
    type: result.type,
    sha256: result.sha256,
    state,
    exitStatus: result.exitStatus,
    startedAt: result.startedAt?.toISOString() ?? null,
    endedAt: result.endedAt?.toISOString() ?? null,
    hasStdout: result.stdoutSha256 !== null,
    hasStderr: result.stderrSha256 !== null,
  };
}
