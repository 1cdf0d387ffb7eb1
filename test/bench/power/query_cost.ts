import { IpmiSockets } from "@/rack-agent/services/power/ipmi_sockets.ts";
import { type IpmiDriver, openIpmiDriver } from "@/rack-agent/services/power/ipmi_driver.ts";
import { interleave, median } from "../bench.ts";
import { cpuMs, type Fleet, FLEET_PORT, FLEET_USER } from "./fleet.ts";

/** What one query costs whoever asks. */
export interface QueryCost {
  readonly cpuMs: number;
  readonly wallMs: number; // one after another
}

const ROUNDS = 5;
const BMCS = 200;
const FORKS_PER_ROUND = 30;
/** Cheap things are done often enough for the kernel's clock of 10 ms to see them. */
const KEPT_PER_ROUND = 4_000;
const NEW_PER_ROUND = 400;

/** One power query, in turns: on a kept session, with a new one, and by a forked `ipmitool`. */
export async function queryCosts(fleet: Fleet, tool: string) {
  const sockets = new IpmiSockets();
  const clock = { nowMs: () => performance.now() };
  const open = (n: number) =>
    openIpmiDriver({ address: fleet.address(n % BMCS), port: FLEET_PORT, ...FLEET_USER }, {
      clock,
      sockets,
    });
  const kept = Array.from({ length: BMCS }, (_, n) => open(n));
  for (const driver of kept) await driver.query();

  const onKept = (n: number) => (kept[n % BMCS] as IpmiDriver).query(); // safe: n % BMCS < BMCS
  const onNew = async (n: number) => {
    const driver = open(n);
    await driver.query();
    await driver.close();
  };
  const forked = (n: number) => runTool(tool, fleet.address(n % BMCS));
  const [keptCosts = [], newCosts = [], toolCosts = []] = await interleave([
    () => costOf(KEPT_PER_ROUND, onKept, "own"),
    () => costOf(NEW_PER_ROUND, onNew, "own"),
    () => costOf(FORKS_PER_ROUND, forked, "children"),
  ], ROUNDS);
  for (const driver of kept) await driver.close();
  return { kept: middle(keptCosts), fresh: middle(newCosts), tool: middle(toolCosts) };
}

async function costOf(
  count: number,
  query: (n: number) => Promise<unknown>,
  whose: "own" | "children",
): Promise<QueryCost> {
  const before = await cpuMs("self");
  const startMs = performance.now();
  for (let n = 0; n < count; n++) await query(n);
  const wallMs = (performance.now() - startMs) / count;
  const after = await cpuMs("self");
  return { wallMs, cpuMs: (after[whose] - before[whose]) / count };
}

function middle(costs: readonly QueryCost[]): QueryCost {
  return {
    cpuMs: median(costs.map((cost) => cost.cpuMs)),
    wallMs: median(costs.map((cost) => cost.wallMs)),
  };
}

async function runTool(tool: string, address: string): Promise<void> {
  const { success, stdout } = await new Deno.Command(tool, {
    args: [
      ...["-I", "lanplus", "-C", "3", "-H", address, "-p", String(FLEET_PORT)],
      ...["-U", FLEET_USER.username, "-E", "-L", "OPERATOR", "power", "status"],
    ],
    env: { IPMI_PASSWORD: FLEET_USER.password },
    stderr: "null",
  }).output();
  const text = new TextDecoder().decode(stdout);
  if (!success || !text.includes("Chassis Power is")) throw new Error(`ipmitool: ${text}`);
}
