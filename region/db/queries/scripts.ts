import { and, asc, desc, eq, lt, sql } from "drizzle-orm";
import type { Db } from "../client.ts";
import { operations } from "../schema/operations.ts";
import {
  type NewScript,
  type NewScriptResult,
  type ScriptResultRow,
  scriptResults,
  type ScriptRow,
  scripts,
  type ScriptType,
} from "../schema/scripts.ts";

export type {
  NewScript,
  ScriptResultRow,
  ScriptResultState,
  ScriptRow,
  ScriptType,
} from "../schema/scripts.ts";

/** By name. */
export async function listScripts(
  db: Db,
  type: ScriptType | undefined,
  limit: number,
): Promise<ScriptRow[]> {
  return await db.select().from(scripts).where(type ? eq(scripts.type, type) : undefined)
    .orderBy(asc(scripts.name)).limit(limit);
}

/** Undefined when there is none. */
export async function findScript(db: Db, name: string): Promise<ScriptRow | undefined> {
  const [row] = await db.select().from(scripts).where(eq(scripts.name, name));
  return row;
}

/** Throws a violation of `scripts_name`. */
export async function insertScript(db: Db, script: NewScript): Promise<ScriptRow> {
  const [row] = await db.insert(scripts).values(script).returning();
  if (!row) throw new Error("an insert returns its row");
  return row;
}

/** Changes a script if nobody wrote it since `read`; undefined if somebody did. */
export async function updateScript(
  db: Db,
  read: Pick<ScriptRow, "id" | "version">,
  change: Partial<NewScript>,
): Promise<ScriptRow | undefined> {
  const [row] = await db.update(scripts)
    .set({ ...change, version: sql`${scripts.version} + 1` })
    .where(and(eq(scripts.id, read.id), eq(scripts.version, read.version))).returning();
  return row;
}

/** True when it was there, as it was read. */
export async function deleteScript(
  db: Db,
  read: Pick<ScriptRow, "id" | "version">,
): Promise<boolean> {
  const rows = await db.delete(scripts)
    .where(and(eq(scripts.id, read.id), eq(scripts.version, read.version)))
    .returning({ id: scripts.id });
  return rows.length > 0;
}

export async function insertScriptResults(
  tx: Db,
  rows: readonly NewScriptResult[],
): Promise<void> {
  if (rows.length > 0) await tx.insert(scriptResults).values([...rows]);
}

/** Writes down how far a script has come; nothing when the operation has no such script. */
export async function updateScriptResult(
  tx: Db,
  which: { operationId: string; number: number },
  change: Partial<NewScriptResult>,
): Promise<void> {
  await tx.update(scriptResults).set(change).where(and(
    eq(scriptResults.operationId, which.operationId),
    eq(scriptResults.number, which.number),
  ));
}

/** A result with whether its operation goes on. */
export interface ScriptResultStanding {
  readonly result: ScriptResultRow;
  readonly isUnderWay: boolean;
}

/** A machine's results, newest first. */
export async function listScriptResults(
  db: Db,
  filter: { machineId: number; operationId?: string; beforeId?: number },
  limit: number,
): Promise<ScriptResultStanding[]> {
  const { machineId, operationId, beforeId } = filter;
  return await db.select(standing).from(scriptResults)
    .innerJoin(operations, eq(operations.id, scriptResults.operationId))
    .where(and(
      eq(scriptResults.machineId, machineId),
      operationId === undefined ? undefined : eq(scriptResults.operationId, operationId),
      beforeId === undefined ? undefined : lt(scriptResults.id, beforeId),
    ))
    .orderBy(desc(scriptResults.id)).limit(limit);
}

/** Undefined when this machine has no such result. */
export async function findScriptResult(
  db: Db,
  machineId: number,
  id: number,
): Promise<ScriptResultRow | undefined> {
  const [row] = await db.select().from(scriptResults)
    .where(and(eq(scriptResults.machineId, machineId), eq(scriptResults.id, id)));
  return row;
}

const standing = {
  result: scriptResults,
  isUnderWay: sql<boolean>`${operations.state} = 'running'`,
};

/** Removes a machine's results of all runs of this type but the last ones. */
export async function deleteOldScriptResults(
  tx: Db,
  which: { machineId: number; type: ScriptType; runsKept: number },
): Promise<void> {
  const { machineId, type, runsKept } = which;
  await tx.execute(sql`DELETE FROM script_results
    WHERE machine_id = ${machineId} AND type = ${type} AND operation_id NOT IN (
      SELECT operation_id FROM script_results WHERE machine_id = ${machineId} AND type = ${type}
      GROUP BY operation_id ORDER BY max(id) DESC LIMIT ${runsKept})`);
}
