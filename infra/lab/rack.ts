import { buildAgent, hostArch } from "@/infra/agent_build/build_agent.ts";
import { buildImage, IMAGE_PACKAGES } from "@/infra/images/build_image.ts";
import { type ApiClient, createApiClient } from "./api_client.ts";
import type { SiteView } from "./api_views.ts";
import { claimLab, endLabProcesses, removeLab } from "./cleanup.ts";
import { IMAGE_CACHE, type LabFolders } from "./folders.ts";
import { type RackMachine, startHardware } from "./hardware.ts";
import { cutLink, healLink, insideSite } from "./network.ts";
import type { BmcKind, Firmware, RegionHome } from "./options.ts";
import { ensurePackages, LAB_PACKAGES } from "./packages.ts";
import type { LabProcess } from "./processes.ts";
import {
  agentCommand,
  agentLog,
  type Bootstrap,
  joinAgent,
  type ProgramOptions,
  regionLog,
  startAgent,
  startRegion,
} from "./programs.ts";
import { marker } from "./run_record.ts";
import { makeSshKey, prepareSite } from "./site_setup.ts";
import { MEMORY_MIB } from "./virtual_machine.ts";
import { serveFolder } from "./streams_server.ts";

export interface RackOptions {
  /** Labs of different names can be up at the same time. */
  readonly name: string;
  readonly machines: number;
  readonly firmware: Firmware;
  /** What the region shall switch the machines by; absent: IPMI. */
  readonly bmc?: BmcKind;
  /** Of each machine; absent: one. */
  readonly disks?: number;
  /** Where the region runs; absent: on Deno. */
  readonly region?: RegionHome;
  readonly rebuildImage?: boolean;
  readonly log: (line: string) => void;
  /** Ends the start early; what was made by then is removed. */
  readonly signal?: AbortSignal;
}

/** A region, a site with its agent, and machines that are off and unknown. */
export interface Rack {
  readonly name: string;
  readonly regionUrl: string;
  readonly admin: Bootstrap;
  readonly api: ApiClient;
  readonly site: SiteView;
  readonly imageId: string;
  readonly machines: readonly RackMachine[];
  /** Signs in to what is deployed. */
  readonly sshKeyPath: string;
  readonly logPaths: { readonly region: string; readonly agent: string };
  /** What a person runs to ask the agent how it is. */
  readonly agentStatusCommand: string;
  /** `command` as it is run inside the site. */
  insideSite(command: readonly string[]): string[];
  cutLink(): Promise<void>;
  healLink(): Promise<void>;
  /** kill -9. */
  killAgent(): Promise<void>;
  /** Starts the agent again, after `killAgent`. */
  startAgent(): void;
  /** Throws when region or agent have ended without being asked to. */
  checkAlive(): void;
  /** Stops everything and removes it, but the logs. Safe to call twice. */
  close(): Promise<void>;
}

/**
 * Brings a rack up: packages, image, network, machines, region, site, agent. Needs root.
 *
 * Throws a HostError when this host cannot do it or such a lab is running already; whatever it throws,
 * nothing is left behind but the logs.
 */
export async function startRack(options: RackOptions): Promise<Rack> {
  const { name, log, signal } = options;
  await ensurePackages([...LAB_PACKAGES, ...IMAGE_PACKAGES], log, signal);
  const folders = await claimLab(name, log);
  const work = assemble(options, folders);
  try {
    return await (signal ? Promise.race([work, rejectOnAbort(signal)]) : work);
  } catch (error) {
    // Not every step listens to the signal. Without its programs it fails; then nothing more is made.
    await endLabProcesses(name);
    await settled(work);
    await removeLab(name);
    throw error;
  }
}

const SETTLE_MS = 10_000;

async function settled(work: Promise<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise((wake) => {
    timer = setTimeout(wake, SETTLE_MS);
  });
  await Promise.race([work.catch(() => {}), late]);
  clearTimeout(timer);
}

async function assemble(options: RackOptions, folders: LabFolders): Promise<Rack> {
  const { name, log, signal } = options;
  warnOfMemory(options);
  const streamsFolder = await provideImage(options);
  signal?.throwIfAborted();
  await buildAgent({ arch: hostArch(), form: "self-extracting", log });
  log("agent built into one file");
  signal?.throwIfAborted();
  const { plan, machines } = await startHardware({
    ...options,
    disks: options.disks ?? 1,
    bmc: options.bmc ?? "ipmi",
    folders,
  });
  log(`${machines.length} machine(s) racked, their BMCs answer`);
  signal?.throwIfAborted();
  const programs: ProgramOptions = { labName: name, plan, folders, signal };
  const region = await startRegion(programs, options.region ?? "deno");
  log(`region answers at ${region.url}`);
  const api = createApiClient(region.url, region.admin.apiKey, signal);
  const sshKeyPath = `${folders.state}/ssh_key`;
  const sshPublicKey = await makeSshKey(sshKeyPath);
  const { site, imageId, joinToken } = await withStreams(
    streamsFolder,
    (streamsUrl) => prepareSite(api, { siteName: name, sshPublicKey, streamsUrl }),
  );
  log(`site "${site.name}" prepared, image imported`);
  await joinAgent(programs, region.url, joinToken);
  signal?.throwIfAborted();
  const agent = superviseAgent(programs);
  agent.start();
  log("agent joined and started");
  return {
    name,
    regionUrl: region.url,
    admin: region.admin,
    api,
    site,
    imageId,
    machines,
    sshKeyPath,
    logPaths: { region: regionLog(folders), agent: agentLog(folders) },
    agentStatusCommand: agentCommand(programs, "status").join(" "),
    insideSite: (command) => insideSite(plan, command),
    cutLink: () => cutLink(plan),
    healLink: () => healLink(plan),
    killAgent: agent.kill,
    startAgent: agent.start,
    checkAlive: () => {
      if (!region.process.isRunning()) throw new Error("the region has ended; see its log");
      agent.check();
    },
    close: once(async () => {
      await agent.stop();
      await region.process.stop();
      await removeLab(name);
    }),
  };
}

/** A machine that the host has to swap out looks like one that hangs. */
function warnOfMemory({ machines, log }: RackOptions): void {
  const neededMib = machines * (MEMORY_MIB + QEMU_OWN_MIB);
  const availableMib = Math.floor(Deno.systemMemoryInfo().available / 2 ** 20);
  if (neededMib <= availableMib) return;
  log(`${machines} machines take up to ${neededMib} MiB, this host has ${availableMib} MiB free`);
}

const QEMU_OWN_MIB = 300;

/** The image's tree, built when the cache does not have it. */
async function provideImage({ name, rebuildImage, log }: RackOptions): Promise<string> {
  // The build's programs get the lab's mark too, so that they end with the lab.
  const [variable, value] = marker(name);
  Deno.env.set(variable, value);
  try {
    const rebuild = rebuildImage ?? false;
    const { streamsFolder, built } = await buildImage({ cacheFolder: IMAGE_CACHE, rebuild, log });
    log(built ? "image built" : "image taken from the cache");
    return streamsFolder;
  } finally {
    Deno.env.delete(variable);
  }
}

async function withStreams<T>(folder: string, use: (url: string) => Promise<T>): Promise<T> {
  const server = serveFolder(folder);
  try {
    return await use(server.url);
  } finally {
    await server.stop();
  }
}

function superviseAgent(programs: ProgramOptions) {
  let process: LabProcess | undefined;
  let isWanted = false;
  return {
    start: () => {
      if (process?.isRunning()) throw new Error("the agent is running already");
      process = startAgent(programs);
      isWanted = true;
    },
    kill: async () => {
      isWanted = false;
      await process?.kill();
    },
    stop: async () => {
      isWanted = false;
      await process?.stop();
    },
    check: () => {
      if (isWanted && !process?.isRunning()) throw new Error("the agent has ended; see its log");
    },
  };
}

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

function once(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => running ??= work();
}
