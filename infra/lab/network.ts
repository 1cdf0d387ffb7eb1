import { ipv4FromNumber, ipv4ToNumber, parseIpv4 } from "@/shared/net/ipv4.ts";
import { CommandError, run, tryRun } from "./command.ts";
import { HostError } from "./packages.ts";

/** The networks of one lab, all following from its name. */
export interface NetworkPlan {
  /** The site: its agent, BMCs and machines, and nothing else. */
  readonly namespace: string;
  /** The one way from the site to the region: a cable with an end in the host's own namespace. */
  readonly wan: {
    readonly hostLink: string;
    readonly siteLink: string;
    readonly hostAddress: string;
    readonly siteAddress: string;
  };
}

/** Machines boot on this network; the agent is its first address. */
export const BOOT_NETWORK = {
  bridge: "boot0",
  cidr: "10.77.0.0/24",
  agentAddress: "10.77.0.1",
  dynamic: { first: "10.77.0.100", last: "10.77.0.199" },
} as const;

const BMC_BRIDGE = "bmc0";

/** BMCs answer here, where machines have no port; `number` counts from 1. */
export function bmcAddress(number: number): string {
  return `10.78.0.${10 + number}`;
}

/** The cable of machine `number`, counted from 1. */
export function tapName(number: number): string {
  return `tap${number}`;
}

/** The names and addresses of a lab. Two labs differ in all that they share with the host. */
export function planNetwork(name: string): NetworkPlan {
  const block = ipv4ToNumber(parseIpv4(WAN_FIRST)) + 4 * wanBlock(name);
  return {
    namespace: `rw-${name}-site`,
    wan: {
      hostLink: `rw-${name}-wan`,
      siteLink: "wan0",
      hostAddress: ipv4FromNumber(block + 1),
      siteAddress: ipv4FromNumber(block + 2),
    },
  };
}

/** 198.18.0.0/15 is set aside for tests of network gear (RFC 2544 §C.2.2): no real host is there. */
const WAN_FIRST = "198.18.0.0";
/** 198.18.77.0/30, so that the usual lab has an address one can remember. */
const WAN_BLOCK_LAB = 77 * 64;
const WAN_BLOCKS = 256 * 64;

function wanBlock(name: string): number {
  if (name === "lab") return WAN_BLOCK_LAB;
  // FNV-1a: a name keeps its address from run to run.
  let hash = 0x811c9dc5;
  for (const char of name) hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193) >>> 0;
  const block = hash % WAN_BLOCKS;
  return block === WAN_BLOCK_LAB ? block + 1 : block;
}

/** Lays the cables. Needs root. */
export async function createNetwork(plan: NetworkPlan, machines: number): Promise<void> {
  const { namespace, wan } = plan;
  await addNamespace(namespace);
  await run([
    ...["ip", "link", "add", wan.hostLink, "type", "veth"],
    ...["peer", "name", wan.siteLink, "netns", namespace],
  ]);
  await run(["ip", "addr", "add", `${wan.hostAddress}/30`, "dev", wan.hostLink]);
  await run(["ip", "link", "set", wan.hostLink, "up"]);
  await run(["ip", "-n", namespace, "-batch", "-"], { stdin: siteCommands(plan, machines) });
}

async function addNamespace(namespace: string): Promise<void> {
  try {
    await run(["ip", "netns", "add", namespace]);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new HostError(
      `this host does not let the lab make a network namespace (${error.message}); ` +
        "in a container it needs --privileged",
      { cause: error },
    );
  }
}

/** What `ip` does inside the site, one command a line. */
export function siteCommands(plan: NetworkPlan, machines: number): string {
  const numbers = Array.from({ length: machines }, (_, i) => i + 1);
  const { bridge, agentAddress } = BOOT_NETWORK;
  return [
    "link set lo up",
    `addr add ${plan.wan.siteAddress}/30 dev ${plan.wan.siteLink}`,
    `link set ${plan.wan.siteLink} up`,
    // Without a delay: a port that listens first would lose the firmware's first DHCP packets.
    `link add ${bridge} type bridge stp_state 0 forward_delay 0`,
    // A port that is always up, so that the agent's interface has a link before any machine is on.
    "link add uplink0 type veth peer name uplink1",
    `link set uplink0 master ${bridge} up`,
    "link set uplink1 up",
    `addr add ${agentAddress}/24 dev ${bridge}`,
    `link set ${bridge} up`,
    ...numbers.flatMap((number) => [
      `tuntap add ${tapName(number)} mode tap`,
      `link set ${tapName(number)} master ${bridge} up`,
    ]),
    `link add ${BMC_BRIDGE} type bridge`,
    `addr add 10.78.0.1/24 dev ${BMC_BRIDGE}`,
    ...numbers.map((number) => `addr add ${bmcAddress(number)}/24 dev ${BMC_BRIDGE}`),
    `link set ${BMC_BRIDGE} up`,
  ].join("\n") + "\n";
}

/** Removes what `createNetwork` made, as much of it as there is. */
export async function removeNetwork(plan: NetworkPlan): Promise<void> {
  await tryRun(["ip", "link", "del", plan.wan.hostLink]);
  await tryRun(["ip", "netns", "del", plan.namespace]);
}

/** Cuts the site off from the region; nothing inside the site notices otherwise. */
export async function cutLink(plan: NetworkPlan): Promise<void> {
  await run(["ip", "-n", plan.namespace, "link", "set", plan.wan.siteLink, "down"]);
}

export async function healLink(plan: NetworkPlan): Promise<void> {
  await run(["ip", "-n", plan.namespace, "link", "set", plan.wan.siteLink, "up"]);
}

/** `command` as it is run inside the site. */
export function insideSite(plan: NetworkPlan, command: readonly string[]): string[] {
  return ["ip", "netns", "exec", plan.namespace, ...command];
}
