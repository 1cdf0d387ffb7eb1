import { z } from "zod";
import { identify, isAlive, type ProcessIdentity } from "./process_identity.ts";

const RunRecord = z.object({
  name: z.string(),
  /** The lab itself; its children carry `marker` in their environment instead. */
  owner: z.object({ pid: z.int().positive(), startTicks: z.int() }),
  /** Where it keeps disks, databases and logs. */
  folder: z.string(),
  startedAt: z.iso.datetime(),
});
/** What a run has made, written before it makes anything, so that whoever comes later can clean up. */
export type RunRecord = z.infer<typeof RunRecord>;

/**
 * Records live beside the network namespaces they speak of and end with them when the host restarts.
 * In the checkout they would not be seen by the lab of another checkout.
 */
export const RECORD_FOLDER = "/run/rackwright-lab";

/** The record of a lab; undefined when there is none, or none that can be read. */
export function readRunRecord(name: string, recordFolder = RECORD_FOLDER): RunRecord | undefined {
  try {
    const text = Deno.readTextFileSync(recordPath(name, recordFolder));
    return RunRecord.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** The owner of a run that is still alive. */
export function liveOwner(record: RunRecord | undefined): ProcessIdentity | undefined {
  return record && isAlive(record.owner) ? record.owner : undefined;
}

/** Claims `name` for this process; throws AlreadyExists when another was quicker. */
export function claimRun(name: string, folder: string, recordFolder = RECORD_FOLDER): RunRecord {
  const owner = identify(Deno.pid);
  if (!owner) throw new Error("a process can always see itself in /proc");
  const record: RunRecord = { name, owner, folder, startedAt: new Date().toISOString() };
  Deno.mkdirSync(recordFolder, { recursive: true });
  Deno.writeTextFileSync(recordPath(name, recordFolder), JSON.stringify(record) + "\n", {
    createNew: true,
    mode: 0o600,
  });
  return record;
}

/** Forgets a run, after everything it made is gone. */
export function dropRun(name: string, recordFolder = RECORD_FOLDER): void {
  try {
    Deno.removeSync(recordPath(name, recordFolder));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** What every process of the lab, and whatever it starts in turn, carries in its environment. */
export function marker(name: string): readonly [string, string] {
  return ["RACKWRIGHT_LAB_RUN", name];
}

function recordPath(name: string, recordFolder: string): string {
  return `${recordFolder}/${name}.json`;
}
