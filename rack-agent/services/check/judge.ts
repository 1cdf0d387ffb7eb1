import type { PortOwner } from "@/rack-agent/runtime/port_owner.ts";

/** One thing that was looked at. */
export interface Finding {
  /** Stable and searchable, such as `check.port`. */
  readonly code: string;
  readonly level: "ok" | "warning" | "problem";
  /** What was seen. */
  readonly saw: string;
  /** What to do about it; absent when nothing is to be done. */
  readonly advice?: string;
}

export interface PortUse {
  readonly protocol: "udp" | "tcp";
  readonly port: number;
  readonly purpose: string;
  readonly isFree: boolean;
  readonly owner?: PortOwner;
}

/** Whether a port is free for the agent; `agentPid` is that of a running agent. */
export function judgePort(use: PortUse, agentPid: number | undefined): Finding {
  const what = `${use.protocol.toUpperCase()} port ${use.port} (${use.purpose})`;
  const code = "check.port";
  if (use.isFree) return { code, level: "ok", saw: `${what} is free` };
  const { owner } = use;
  if (owner && owner.pid === agentPid) {
    return { code, level: "ok", saw: `${what} is the running agent's` };
  }
  const by = owner ? `used by ${owner.program} (process ${owner.pid})` : "in use";
  const advice = owner
    ? `stop ${owner.program}, or keep it from listening there`
    : "see who it is with `ss -lnp` as root, and stop it";
  return { code, level: "problem", saw: `${what} is ${by}`, advice };
}

const CAPABILITIES: readonly { name: string; bit: number; isNeeded: boolean; what: string }[] = [
  { name: "CAP_NET_BIND_SERVICE", bit: 10, isNeeded: true, what: "DHCP's and TFTP's ports" },
  { name: "CAP_NET_RAW", bit: 13, isNeeded: true, what: "answers to machines without an address" },
  { name: "CAP_NET_ADMIN", bit: 12, isNeeded: false, what: "large receive buffers" },
];

/** The rights of this process, from `CapEff` in `/proc/self/status` (capabilities(7)). */
export function judgeRights(effective: bigint, uid: number | null): Finding[] {
  const missing = CAPABILITIES.filter(({ bit }) => (effective >> BigInt(bit) & 1n) === 0n);
  const code = "check.rights";
  const findings: Finding[] = missing.map(({ name, isNeeded, what }) => ({
    code,
    level: isNeeded ? "problem" : "warning",
    saw: `${name} is missing: ${what}`,
    advice: "run it by its systemd unit (`rackwright-agent install`), or as root",
  }));
  if (uid === 0) {
    findings.push({
      code,
      level: "warning",
      saw: "this runs as root, with more rights than it needs",
      advice: "let the systemd unit run the agent (`rackwright-agent install`)",
    });
  }
  return findings.length > 0
    ? findings
    : [{ code, level: "ok", saw: "all rights needed are here" }];
}

const CLOCK_WRONG_MS = 60_000;
const CLOCK_OFF_MS = 2_000;

/** This host's clock against the region's, whose answers are whole seconds. */
export function judgeClock(offsetMs: number): Finding {
  const code = "check.clock";
  const seconds = (offsetMs / 1_000).toFixed(1);
  const saw = `this host's clock is ${seconds} s off the region's`;
  if (Math.abs(offsetMs) <= CLOCK_OFF_MS) {
    return { code, level: "ok", saw: "this host's clock agrees with the region's" };
  }
  const level = Math.abs(offsetMs) > CLOCK_WRONG_MS ? "problem" : "warning";
  return { code, level, saw, advice: "let chrony or systemd-timesyncd set the clock" };
}

const DISK_LOW_BYTES = 5 * 2 ** 30;
const DISK_EMPTY_BYTES = 2 ** 30;

export function judgeDisk(folder: string, freeBytes: number): Finding {
  const saw = `${(freeBytes / 2 ** 30).toFixed(1)} GiB are free for ${folder}`;
  const code = "check.disk";
  if (freeBytes >= DISK_LOW_BYTES) return { code, level: "ok", saw };
  const level = freeBytes < DISK_EMPTY_BYTES ? "problem" : "warning";
  return { code, level, saw, advice: "images need room: make some, or move --data" };
}

/** Servers other than this host that answered a question for an address. */
export function judgeDhcpServers(
  interfaceName: string,
  servers: readonly string[],
): Finding {
  const code = "check.other_dhcp";
  if (servers.length === 0) {
    return { code, level: "ok", saw: `no other DHCP server answers on ${interfaceName}` };
  }
  return {
    code,
    level: "warning",
    saw: `${servers.join(", ")} answers DHCP on ${interfaceName} too`,
    advice: "switch it off for this network, or set the network's DHCP to external in the region",
  };
}

/** One line per finding, with what to do. */
export function formatFindings(findings: readonly Finding[]): string {
  return findings.map(({ level, saw, advice }) =>
    `${level.padEnd(7)}  ${saw}${advice ? `: ${advice}` : ""}`
  ).join("\n");
}
