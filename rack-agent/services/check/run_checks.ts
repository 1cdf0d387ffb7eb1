import { errorText } from "@/rack-agent/runtime/log.ts";
import { freeDiskBytes } from "@/rack-agent/runtime/disk_space.ts";
import { portOwner, socketTable } from "@/rack-agent/runtime/port_owner.ts";
import { hasIdentity, readIdentity } from "../region_sync/identity.ts";
import { hostAddresses } from "../served_networks.ts";
import {
  type Finding,
  judgeClock,
  judgeDhcpServers,
  judgeDisk,
  judgePort,
  judgeRights,
} from "./judge.ts";
import { otherDhcpServers } from "../dhcp/other_servers.ts";

export interface CheckOptions {
  readonly folder: string;
  readonly httpPort: number;
  readonly filesPort: number;
  readonly statusPort: number;
  /** The process of the agent that runs on the folder; undefined when none does. */
  readonly agentPid: number | undefined;
}

const REGION_TIMEOUT_MS = 5_000;

/** Looks at everything at once; a check that fails is a finding, never an error. */
export async function runChecks(options: CheckOptions): Promise<Finding[]> {
  const findings = await Promise.all([
    guarded("check.rights", checkRights),
    guarded("check.port", () => checkPorts(options)),
    guarded("check.disk", () => checkDisk(options.folder)),
    guarded("check.region", () => checkRegion(options.folder)),
    guarded("check.other_dhcp", checkOtherDhcpServers),
  ]);
  return findings.flat();
}

async function guarded(code: string, check: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await check();
  } catch (error) {
    return [{ code, level: "warning", saw: `this could not be checked: ${errorText(error)}` }];
  }
}

async function checkRights(): Promise<Finding[]> {
  const status = await Deno.readTextFile("/proc/self/status");
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? "0";
  return judgeRights(BigInt(`0x${effective}`), Deno.uid());
}

function checkPorts(options: CheckOptions): Promise<Finding[]> {
  const ports = [
    { protocol: "udp", port: 67, purpose: "DHCP" },
    { protocol: "udp", port: 4011, purpose: "proxy DHCP" },
    { protocol: "udp", port: 69, purpose: "TFTP" },
    { protocol: "tcp", port: options.httpPort, purpose: "boot scripts and metadata" },
    { protocol: "tcp", port: options.filesPort, purpose: "images" },
    { protocol: "tcp", port: options.statusPort, purpose: "status page and metrics" },
  ] as const;
  return Promise.all(ports.map(async (one) => {
    const owner = await portOwner(one.protocol, one.port);
    const isFree = owner === undefined && await isUnused(one.protocol, one.port);
    return judgePort({ ...one, isFree, owner }, options.agentPid);
  }));
}

/** Whether the kernel knows no such socket, whoever has it. */
async function isUnused(protocol: "udp" | "tcp", port: number): Promise<boolean> {
  return !(await socketTable(protocol)).some((line) => line.port === port);
}

async function checkDisk(folder: string): Promise<Finding[]> {
  for (let path = folder; path !== ""; path = path.slice(0, path.lastIndexOf("/"))) {
    const isThere = await Deno.stat(path).then(() => true, () => false);
    if (isThere) return [judgeDisk(folder, await freeDiskBytes(path))];
  }
  return [judgeDisk(folder, await freeDiskBytes("/"))];
}

async function checkRegion(folder: string): Promise<Finding[]> {
  const code = "check.region";
  if (!await hasIdentity(folder)) {
    const saw = `this host has joined no site: ${folder}/identity.json is missing`;
    const advice = "make a join token in the region and run `rackwright-agent join`";
    return [{ code, level: "problem", saw, advice }];
  }
  const { regionUrl, credentialExpiresAt } = await readIdentity(folder);
  const askedMs = Date.now();
  try {
    const response = await fetch(`${regionUrl}/healthz`, {
      signal: AbortSignal.timeout(REGION_TIMEOUT_MS),
    });
    await response.body?.cancel();
    const took = Date.now() - askedMs;
    const saw = `${regionUrl} answers ${response.status} after ${took} ms`;
    const reached: Finding = response.ok
      ? { code, level: "ok", saw }
      : { code, level: "problem", saw, advice: "see the region's own log" };
    const theirs = Date.parse(response.headers.get("date") ?? "");
    if (Number.isNaN(theirs)) return [reached];
    return [reached, judgeClock(askedMs + took / 2 - (theirs + 500))];
  } catch (error) {
    const saw = `${regionUrl} cannot be reached: ${errorText(error)}`;
    const advice = "machines boot all the same; see to the route, the firewall, the proxy " +
      `(credential until ${credentialExpiresAt})`;
    return [{ code, level: "problem", saw, advice }];
  }
}

async function checkOtherDhcpServers(): Promise<Finding[]> {
  const addresses = hostAddresses();
  const own = new Set<string>(addresses.map(({ ipv4 }) => ipv4));
  const names = [...new Set(addresses.map(({ interfaceName }) => interfaceName))];
  return await Promise.all(names.map(async (name) => {
    const [transactionId = 0] = crypto.getRandomValues(new Uint32Array(1));
    return judgeDhcpServers(name, await otherDhcpServers(name, own, transactionId));
  }));
}
