import type { SiteState, StateMachine, StateOperation } from "@/shared/contract/site_state.ts";
import { type AgentLink, joinRegion } from "./agent_link.ts";
import {
  journeyOf,
  type JourneyOptions,
  SCRIPT_OUTPUT,
  SCRIPT_OUTPUT_SHA256,
} from "./machine_journey.ts";

export interface CodedSiteOptions {
  readonly url: string;
  readonly token: string;
  readonly hostname?: string;
  /** How many of a machine's seconds pass in one of ours; from 1000 on nothing waits. */
  readonly pace?: number;
}

/** An agent and its machines, all in code, at the real region. */
export interface CodedSite {
  readonly siteId: string;
  /** Machines of these names fail in this step of their next installation. */
  failNext(hostname: string, failsIn: NonNullable<JourneyOptions["failsIn"]>): void;
  /** A machine that nobody knows boots from the network. */
  enlist(mac: string): Promise<void>;
  /** Tells of anything else. */
  report: AgentLink["report"];
  stop(): Promise<void>;
}

/** Joins, then carries out whatever the region orders, for all machines at once, until stopped. */
export async function startCodedSite(options: CodedSiteOptions): Promise<CodedSite> {
  const { url, token, hostname = "rack-host", pace = 1000 } = options;
  const link = await joinRegion({ url, token, hostname });
  await link.report([
    { kind: "agent.started", version: "0.1.0" },
    { kind: "agent.observed", ...HOST },
  ]);
  await link.upload(SCRIPT_OUTPUT_SHA256, SCRIPT_OUTPUT);
  const stopped = new AbortController();
  const begun = new Set<string>();
  const failing = new Map<string, JourneyOptions["failsIn"]>();
  const walks: Promise<void>[] = [];
  const begin = (state: SiteState) => {
    const running = new Set(state.operations.map(({ id }) => id));
    for (const operation of state.operations) {
      const machine = state.machines.find(({ systemId }) => systemId === operation.systemId);
      if (!machine || begun.has(operation.id)) continue;
      begun.add(operation.id);
      const failsIn = failing.get(machine.hostname);
      if (operation.kind === "deploy") failing.delete(machine.hostname);
      walks.push(walk(link, operation, machine, { failsIn, pace, signal: stopped.signal }));
    }
    for (const id of begun) if (!running.has(id)) begun.delete(id);
  };
  const following = follow(link, begin, stopped.signal);
  return {
    siteId: link.siteId,
    failNext: (name, failsIn) => void failing.set(name, failsIn),
    report: link.report,
    enlist: (mac) =>
      link.report([{
        kind: "machine.enlisted",
        mac,
        ipv4: addressOf(mac),
        inventory: inventoryOf(mac),
      }]),
    async stop() {
      stopped.abort();
      await following;
      await Promise.all(walks);
    },
  };
}

async function follow(
  link: AgentLink,
  begin: (state: SiteState) => void,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      const state = await link.poll(signal);
      if (state) begin(state);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}

interface Walk {
  readonly failsIn: JourneyOptions["failsIn"];
  readonly pace: number;
  readonly signal: AbortSignal;
}

const PACE_WITHOUT_WAITING = 1000;

async function walk(
  link: AgentLink,
  operation: StateOperation,
  machine: StateMachine,
  { failsIn, pace, signal }: Walk,
): Promise<void> {
  const [mac = ""] = machine.macs;
  const steps = journeyOf(operation, {
    mac,
    ipv4: addressOf(mac),
    failsIn,
    inventory: inventoryOf(mac),
  });
  const common = { systemId: machine.systemId, operationId: operation.id, mac };
  if (pace >= PACE_WITHOUT_WAITING) {
    return await link.report(steps.map(({ fact }) => ({ ...fact, ...common })));
  }
  for (const { seconds, fact } of steps) {
    await after((1000 * seconds) / pace, signal);
    if (signal.aborted) return;
    await link.report([{ ...fact, ...common }]);
  }
}

function after(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  signal.addEventListener("abort", () => {
    clearTimeout(timer);
    resolve();
  }, { once: true });
  return promise;
}

/** In 10.20.0.0/16, by the last two bytes of the MAC. */
function addressOf(mac: string): string {
  const [high = 0, low = 0] = mac.split(":").slice(-2).map((byte) => parseInt(byte, 16));
  return `10.20.${high}.${low}`;
}

/** A host with a leg in the machines' network and one in the office's. */
const HOST = {
  networks: [
    { interfaceName: "eno1", mac: "52:54:00:aa:00:01", cidr: "10.20.0.1/16" },
    { interfaceName: "eno2", mac: "52:54:00:aa:00:02", cidr: "192.168.7.20/24" },
  ],
  served: [],
  checks: [
    { code: "check.port", level: "ok", saw: "UDP port 67 (DHCP) is free" },
    { code: "check.disk", level: "ok", saw: "/var/lib/rackwright has 180 GB free" },
    {
      code: "check.other_dhcp",
      level: "warning",
      saw: "192.168.7.1 answers DHCP on eno2",
      advice: "do not serve that network, or serve it beside the other server (proxy)",
    },
  ],
  leases: 0,
  factsWaiting: 0,
  cache: { files: 4, bytes: 1_862_270_976 },
  counters: {
    dhcp: {
      received: 1204,
      answered: 1180,
      dropped: { "dhcp.released": 20, "dhcp.no_free_address": 4 },
      sockets: [{ interfaceName: "eno1", queuedBytes: 0, queueBytesMax: 212_992, drops: 3 }],
    },
    tftp: { received: 4821, served: 60, dropped: {} },
  },
};

const GIB = 1024;

function inventoryOf(mac: string) {
  const serial = mac.replaceAll(":", "").toUpperCase();
  return {
    architecture: "x86_64",
    firmware: "uefi",
    system: { manufacturer: "Example Systems", product: "R750", serial },
    cpu: { model: "Example CPU 6338 2.0 GHz", cores: 32, threads: 64 },
    memoryMib: 256 * GIB,
    interfaces: [
      { name: "eno1", mac, linkUp: true, speedMbps: 25_000, driver: "mlx5_core" },
      { name: "eno2", mac: secondMac(mac), linkUp: false, driver: "mlx5_core" },
    ],
    disks: ["nvme0n1", "nvme1n1"].map((name, i) => ({
      name,
      path: `/dev/${name}`,
      bytes: i === 0 ? 960_197_124_096 : 3_840_755_982_336,
      model: i === 0 ? "Example NVMe 960GB" : "Example NVMe 3.84TB",
      serial: `${serial}${i}`,
      isRotational: false,
    })),
    pciDevices: [
      {
        ...{ address: "0000:3b:00.0", vendor: "10de", product: "2235", class: "030200" },
        ...{ vendorName: "NVIDIA", productName: "A40", driver: "nvidia" },
      },
    ],
  };
}

/** The same with its first byte locally administered: no other machine has it. */
function secondMac(mac: string): string {
  return `02${mac.slice(2)}`;
}
