import { z } from "zod";
import { builtAgent, hostArch } from "@/infra/agent_build/build_agent.ts";
import { CHECKOUT, type LabFolders } from "./folders.ts";
import { run } from "./command.ts";
import { insideSite, type NetworkPlan } from "./network.ts";
import type { RegionHome } from "./options.ts";
import { type LabProcess, startProcess } from "./processes.ts";
import { marker } from "./run_record.ts";

export interface ProgramOptions {
  readonly labName: string;
  readonly plan: NetworkPlan;
  readonly folders: LabFolders;
  readonly signal?: AbortSignal;
}

/** What the region tells once, at its first start. */
const Bootstrap = z.object({ username: z.string(), password: z.string(), apiKey: z.string() });
export type Bootstrap = z.infer<typeof Bootstrap>;

export interface RunningRegion {
  readonly process: LabProcess;
  /** Without a slash at the end. */
  readonly url: string;
  readonly admin: Bootstrap;
}

const REGION_PORT = 5240;
/** Includes the first start of its database, on a busy host. */
const REGION_START_MS = 120_000;

const REGION_PROGRAMS: Readonly<Record<RegionHome, string>> = {
  deno: "region/main.ts",
  workerd: "infra/cloudflare/local/main.ts",
};

/** Starts the region in the host's own namespace, on the lab's cable only, and waits until it answers. */
export async function startRegion(
  options: ProgramOptions,
  home: RegionHome,
): Promise<RunningRegion> {
  const { folders, plan } = options;
  const listen = `${plan.wan.hostAddress}:${REGION_PORT}`;
  const url = `http://${listen}`;
  const data = `${folders.programs}/region`;
  const bootstrapPath = `${folders.programs}/bootstrap.json`;
  const process = startProcess({
    command: [Deno.execPath(), "run", "-A", `${CHECKOUT}/${REGION_PROGRAMS[home]}`],
    labName: options.labName,
    logPath: regionLog(folders),
    cwd: CHECKOUT,
    env: {
      DATABASE_URL: "", // its own, whatever the host's environment says
      RACKWRIGHT_DATA: data,
      RACKWRIGHT_LISTEN: listen,
      RACKWRIGHT_PUBLIC_URL: url,
      RACKWRIGHT_BOOTSTRAP_FILE: bootstrapPath,
    },
  });
  await untilHealthy(url, process, options.signal);
  const admin = Bootstrap.parse(JSON.parse(await Deno.readTextFile(bootstrapPath)));
  return { process, url, admin };
}

async function untilHealthy(url: string, process: LabProcess, signal?: AbortSignal): Promise<void> {
  const deadlineMs = performance.now() + REGION_START_MS;
  while (!await answersOk(`${url}/healthz`)) {
    signal?.throwIfAborted();
    if (!process.isRunning()) throw new Error("the region ended while starting; see its log");
    if (performance.now() > deadlineMs) {
      throw new Error(`the region did not answer within ${REGION_START_MS / 1000} s; see its log`);
    }
    await new Promise((wake) => setTimeout(wake, 100));
  }
}

async function answersOk(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false; // not listening yet
  }
}

/** The words with which a person or the lab speaks to the agent inside the site. */
export function agentCommand(options: ProgramOptions, ...words: string[]): string[] {
  const data = ["--data", agentData(options.folders)];
  const unpacked = `RACKWRIGHT_AGENT_UNPACKED=${options.folders.programs}/unpacked`;
  // As on any other host: without Deno on its path.
  const environment = ["env", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", unpacked];
  return insideSite(options.plan, [...environment, builtAgent(hostArch()), ...words, ...data]);
}

/** Makes this host the agent of the site that `token` was made for. */
export async function joinAgent(
  options: ProgramOptions,
  regionUrl: string,
  token: string,
): Promise<void> {
  const [name, value] = marker(options.labName);
  await run(agentCommand(options, "join", regionUrl), {
    env: { [name]: value, RACKWRIGHT_JOIN_TOKEN: token },
    signal: options.signal,
  });
}

/** Starts the agent inside the site; it takes up what its data says. */
export function startAgent(options: ProgramOptions): LabProcess {
  return startProcess({
    command: agentCommand(options, "run"),
    labName: options.labName,
    logPath: agentLog(options.folders),
    cwd: options.folders.programs,
  });
}

export function regionLog(folders: LabFolders): string {
  return `${folders.logs}/region.log`;
}

export function agentLog(folders: LabFolders): string {
  return `${folders.logs}/agent.log`;
}

function agentData(folders: LabFolders): string {
  return `${folders.programs}/agent`;
}
