import { DomainError } from "@/shared/errors/domain_error.ts";

/** Sessions get this long to end after SIGINT before SIGQUIT cuts them off. */
const FAST_SHUTDOWN_MS = 20_000;
const QUIT_MS = 10_000;
const POLL_MS = 20;

/**
 * The process number of a living server on this data folder, by its `postmaster.pid`; undefined
 * when there is none, or when the number has meanwhile gone to some other process.
 */
export async function findServer(data: string): Promise<number | undefined> {
  let text;
  try {
    text = await Deno.readTextFile(`${data}/postmaster.pid`);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  const pid = Number(text.split("\n")[0]);
  return Number.isInteger(pid) && pid > 1 && await isServerOf(pid, data) ? pid : undefined;
}

/** Stops a server: SIGINT (fast shutdown), then SIGQUIT. Throws `unavailable` if it will not go. */
export async function stopServer(pid: number): Promise<void> {
  const gone = () => Promise.resolve(!isAlive(pid));
  for (const [signal, timeoutMs] of [["SIGINT", FAST_SHUTDOWN_MS], ["SIGQUIT", QUIT_MS]] as const) {
    kill(pid, signal);
    if (await waitUntil(gone, { timeoutMs, pollMs: POLL_MS })) return;
  }
  throw new DomainError({
    kind: "unavailable",
    code: "database.server_will_not_stop",
    message: `PostgreSQL (process ${pid}) of an earlier run does not stop; stop it by hand`,
  });
}

/** Asks until the answer is true; false when the time is over. */
export async function waitUntil(
  ask: () => Promise<boolean>,
  limits: { timeoutMs: number; pollMs: number },
): Promise<boolean> {
  const rounds = Math.ceil(limits.timeoutMs / limits.pollMs);
  for (let round = 0; round < rounds; round++) {
    if (await ask()) return true;
    await new Promise((resolve) => setTimeout(resolve, limits.pollMs));
  }
  return await ask();
}

function isAlive(pid: number): boolean {
  try {
    // A zombie has ended: it only waits for its parent to look.
    return !/^State:\s+Z/m.test(Deno.readTextFileSync(`/proc/${pid}/status`));
  } catch {
    return false;
  }
}

/** Its command line names the data folder after `-D`, as we started it. */
async function isServerOf(pid: number, data: string): Promise<boolean> {
  if (!isAlive(pid)) return false;
  try {
    const words = (await Deno.readTextFile(`/proc/${pid}/cmdline`)).split("\0");
    return words[0]?.endsWith("/postgres") === true && words[words.indexOf("-D") + 1] === data;
  } catch {
    return false; // it ended between the two looks
  }
}

function kill(pid: number, signal: Deno.Signal): void {
  try {
    Deno.kill(pid, signal);
  } catch (error) {
    // It was gone already, which is what was wanted.
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
