/** A process that cannot be mistaken for a later one of the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks between the host's boot and the start of the process: field 22 of proc(5) `stat`. */
  readonly startTicks: number;
}

/** The start of a process from its `/proc/PID/stat`; undefined when it has ended, zombies included. */
export function parseStartTicks(stat: string): number | undefined {
  // The second field is the program's name in parentheses, and may itself hold spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state] = fields;
  const startTicks = Number(fields[19]); // field 22; the state is field 3
  if (state === "Z" || state === "X" || !Number.isSafeInteger(startTicks)) return undefined;
  return startTicks;
}

/** Who has this number now; undefined when nobody has. */
export function identify(pid: number): ProcessIdentity | undefined {
  const stat = readProc(`/proc/${pid}/stat`);
  const startTicks = stat === undefined ? undefined : parseStartTicks(stat);
  return startTicks === undefined ? undefined : { pid, startTicks };
}

/** True while that very process runs, and not another that got its number. */
export function isAlive(process: ProcessIdentity): boolean {
  return identify(process.pid)?.startTicks === process.startTicks;
}

/** Every process that has exactly this line, such as `NAME=value`, in its environment. */
export function processesWithEnvironment(line: string): ProcessIdentity[] {
  const found: ProcessIdentity[] = [];
  for (const entry of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(entry.name)) continue;
    const pid = Number(entry.name);
    // Before the environment is read: if the number changes hands in between, the later kill misses.
    const process = identify(pid);
    if (process && readProc(`/proc/${pid}/environ`)?.split("\0").includes(line)) {
      found.push(process);
    }
  }
  return found;
}

/** Sends SIGTERM, then SIGKILL to those that still run after `graceMs`; returns when all have ended. */
export async function endProcesses(
  processes: readonly ProcessIdentity[],
  graceMs: number,
): Promise<void> {
  for (const process of processes) signal(process, "SIGTERM");
  await untilEnded(processes, graceMs);
  for (const process of processes) signal(process, "SIGKILL");
  await untilEnded(processes, KILL_MS);
}

/** A killed process still has to give back its memory. */
const KILL_MS = 10_000;
const POLL_MS = 20;

async function untilEnded(processes: readonly ProcessIdentity[], limitMs: number): Promise<void> {
  const deadlineMs = performance.now() + limitMs;
  while (processes.some(isAlive) && performance.now() < deadlineMs) {
    await new Promise((wake) => setTimeout(wake, POLL_MS));
  }
}

/** Kills nobody when the number has changed hands. */
export function signal(process: ProcessIdentity, name: Deno.Signal): void {
  if (!isAlive(process)) return;
  try {
    Deno.kill(process.pid, name);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** A process may end, or be somebody else's, between any two looks at it. */
function readProc(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return undefined;
  }
}
