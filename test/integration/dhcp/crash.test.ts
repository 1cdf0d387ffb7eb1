import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { TestNetwork, type TestProgram, whyNotHere } from "./network.ts";

const SERVER_PROGRAM = fileURLToPath(new URL("./server_program.ts", import.meta.url));
const LOAD_PROGRAM = fileURLToPath(new URL("./load_program.ts", import.meta.url));
/** More of them take longer: a release is tried with 200. */
const KILLS = Number(Deno.env.get("RACKWRIGHT_DHCP_KILLS") ?? 4);
const MACHINES_PER_ROUND = 30;
/** The range has 151 addresses: machines come back in later rounds, and must get the same ones. */
const GROUPS = 5;

// Real clients wait whole seconds, and a loaded host makes them wait more.
vi.setConfig({ testTimeout: 60_000 + KILLS * 10_000, hookTimeout: 60_000 });

const reason = whyNotHere();
if (reason) console.warn(`leases surviving a crash are not tested: ${reason}`);

let network: TestNetwork;
let folder = "";
let agent = "";
let rack = "";

beforeEach(async () => {
  if (reason) return;
  folder = await Deno.makeTempDir();
  network = await TestNetwork.create();
  agent = await network.namespace("agent");
  rack = await network.namespace("rack");
  await network.link({ namespace: agent, device: "lan0", address: "10.81.0.1/24" }, {
    namespace: rack,
    device: "eth0",
    address: "10.81.0.2/24",
  });
});
afterEach(async () => {
  if (reason) return;
  await network.remove();
  await Deno.remove(folder, { recursive: true });
});

const deno = (
  program: string,
  ...args: string[]
) => [Deno.execPath(), "run", "-A", program, ...args];

/** Starts the server, and what it knew when it began to serve: address by MAC. */
async function startServer(): Promise<{ server: TestProgram; known: Map<string, string> }> {
  const server = network.start(
    agent,
    deno(SERVER_PROGRAM, `${folder}/leases.log`, "lan0=10.81.0"),
  );
  const { leases } = JSON.parse(await server.line(/"ready"/)) as {
    leases: { mac: string; ipv4: string }[];
  }; // our own program's line
  return { server, known: new Map(leases.map(({ mac, ipv4 }) => [mac, ipv4])) };
}

test.skipIf(reason)("kill -9 under load loses no lease that a machine was told of", async () => {
  const told = new Map<string, string>();
  for (let round = 0; round < KILLS; round += 1) {
    const { server, known } = await startServer();
    for (const [mac, ipv4] of told) expect(known.get(mac), mac).toBe(ipv4);
    const first = (round % GROUPS) * MACHINES_PER_ROUND;
    const range = [first, MACHINES_PER_ROUND].map(String);
    const load = network.start(rack, deno(LOAD_PROGRAM, "10.81.0.2", "10.81.0.1", ...range));
    // Some machines have their lease, some wait for the ACK, some for the OFFER.
    for (let acks = 0; acks < 3 + (round * 7) % (MACHINES_PER_ROUND - 6); acks += 1) {
      remember(told, [await load.line(/^\S+ \S+$/)]);
    }
    await server.end("SIGKILL");
    await load.end("SIGKILL");
    remember(told, load.takeLines());
  }
  const { known } = await startServer();
  for (const [mac, ipv4] of told) expect(known.get(mac), mac).toBe(ipv4);
  expect(told.size).toBeGreaterThanOrEqual(Math.min(KILLS, GROUPS) * 3);
  expect(new Set(told.values()).size).toBe(told.size); // and no address was given twice
});

function remember(told: Map<string, string>, lines: readonly string[]): void {
  for (const line of lines) {
    const [mac, ipv4] = line.split(" ");
    if (!mac || !ipv4) continue;
    expect(told.get(mac) ?? ipv4, mac).toBe(ipv4);
    told.set(mac, ipv4);
  }
}
