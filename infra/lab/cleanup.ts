import { planNetwork, removeNetwork } from "./network.ts";
import { HostError } from "./packages.ts";
import { endProcesses, processesWithEnvironment } from "./process_identity.ts";
import { claimRun, dropRun, liveOwner, marker, readRunRecord } from "./run_record.ts";
import { type LabFolders, labFolders } from "./folders.ts";

/** What is still running gets this long to end by itself. */
const GRACE_MS = 5_000;

/**
 * Claims the name for this process, after removing what a dead run of that name has left.
 *
 * Throws a HostError that names the process when such a lab is alive, here or in another checkout.
 */
export async function claimLab(name: string, log: (line: string) => void): Promise<LabFolders> {
  const earlier = readRunRecord(name);
  const owner = liveOwner(earlier);
  if (owner) throw alreadyRunning(name, owner.pid);
  if (earlier) log(`cleaning up after the lab "${name}" of ${earlier.startedAt}, which was killed`);
  // Without a record too: a torn one, or one that was removed by hand, leaves the same things behind.
  await removeLab(name);
  const folders = labFolders(name);
  try {
    claimRun(name, folders.state);
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    throw alreadyRunning(name, readRunRecord(name)?.owner.pid);
  }
  await removeFolder(folders.logs);
  for (const folder of [folders.logs, folders.state]) await Deno.mkdir(folder, { recursive: true });
  // Others may pass through, because the database's account must; the region protects its own files.
  await Deno.mkdir(folders.programs, { mode: 0o755 });
  return folders;
}

function alreadyRunning(name: string, pid: number | undefined): HostError {
  return new HostError(
    `a lab "${name}" is already running as process ${pid}; ` +
      "stop it with Ctrl-C there, or give this one another --name",
  );
}

/** Removes all that a lab of this name has made but its logs. Safe at any time, and twice. */
export async function removeLab(name: string): Promise<void> {
  await endLabProcesses(name);
  await removeNetwork(planNetwork(name));
  const folders = labFolders(name);
  const recorded = readRunRecord(name)?.folder; // of another checkout, perhaps
  for (const folder of [folders.state, folders.programs, recorded]) {
    if (folder !== undefined) await removeFolder(folder);
  }
  dropRun(name);
}

/** Ends every process that a lab of this name has started, directly or not. */
export async function endLabProcesses(name: string): Promise<void> {
  const [variable, value] = marker(name);
  await endProcesses(processesWithEnvironment(`${variable}=${value}`), GRACE_MS);
}

async function removeFolder(folder: string): Promise<void> {
  try {
    await Deno.remove(folder, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
