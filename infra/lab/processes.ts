import { endProcesses, identify, isAlive, signal } from "./process_identity.ts";
import { marker } from "./run_record.ts";

/** A long-running program of the lab. */
export interface LabProcess {
  readonly pid: number;
  isRunning(): boolean;
  /** SIGTERM, and SIGKILL to whoever ignores it for `graceMs`. */
  stop(graceMs?: number): Promise<void>;
  /** kill -9: what a crash looks like from outside. */
  kill(): Promise<void>;
}

const GRACE_MS = 15_000;

/**
 * Starts a program whose output goes to the end of `logPath`.
 *
 * It gets a session of its own, so that Ctrl-C reaches only the lab, which then stops its programs in
 * the right order; and the lab's mark in its environment, by which the next lab finds it after a crash.
 */
export function startProcess(
  of: {
    command: readonly string[];
    labName: string;
    logPath: string;
    cwd?: string;
    env?: Readonly<Record<string, string>>;
  },
): LabProcess {
  const [name, value] = marker(of.labName);
  // The shell only opens the log; setsid and exec keep the process number.
  const child = new Deno.Command("setsid", {
    args: ["sh", "-c", 'log=$1; shift; exec "$@" >>"$log" 2>&1', "sh", of.logPath, ...of.command],
    cwd: of.cwd,
    env: { ...of.env, [name]: value },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  child.unref();
  let hasEnded = false;
  const ended = child.status.then(() => {
    hasEnded = true;
  });
  const identity = identify(child.pid);
  return {
    pid: child.pid,
    isRunning: () => !hasEnded && identity !== undefined && isAlive(identity),
    stop: async (graceMs = GRACE_MS) => {
      if (identity) await endProcesses([identity], graceMs);
      await ended;
    },
    kill: async () => {
      if (identity) signal(identity, "SIGKILL");
      await ended;
    },
  };
}
