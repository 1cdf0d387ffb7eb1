import { afterAll, beforeAll, expect, test } from "vitest";
import { IpmiBmc } from "@/test/fakes/bmc/ipmi_bmc.ts";
import { type ServedBmc, serveIpmi } from "@/test/fakes/bmc/ipmi_service.ts";
import { type AgentProcess, startAgentProcess } from "@/test/bench/power/agent_process.ts";
import { ask, until } from "@/test/bench/power/region_api.ts";
import { type RegionProcess, startRegionProcess } from "@/test/bench/region_process.ts";

// A real region and a real agent drive BMCs that take the planted secrets, refuse them, or are
// silent; then everything that either of them has put out is searched for the secrets.

const PASSWORD = "planted-Passw0rd-7";
const KG = "planted-K_g-4711";
const LOGIN = { username: "admin", password: PASSWORD };
const random16 = () => crypto.getRandomValues(new Uint8Array(16));

let region: RegionProcess;
let agent: AgentProcess;
const bmcs: ServedBmc[] = [];

beforeAll(async () => {
  region = await startRegionProcess();
  const site = await ask(region, "POST", "sites", { name: "planted" });
  agent = await startAgentProcess(region, String(site.id));
  const good = new IpmiBmc({ ...LOGIN, random16 });
  const refusing = new IpmiBmc({ ...LOGIN, password: "another", random16 });
  const keyed = new IpmiBmc({ ...LOGIN, kg: KG, random16 });
  bmcs.push(await serveIpmi(good), await serveIpmi(refusing), await serveIpmi(keyed));
  bmcs.push(await serveIpmi(new IpmiBmc({ ...LOGIN, random16 }), { fault: { isDeaf: true } }));
  for (const [i, { port }] of bmcs.entries()) {
    await ask(region, "POST", "machines", {
      siteId: site.id,
      hostname: `planted-machine-${i}`,
      macs: [`52:54:00:00:10:0${i}`],
      bmc: { kind: "ipmi", address: "127.0.0.1", port, ...LOGIN },
    });
  }
}, 120_000);
afterAll(async () => {
  await agent?.stop();
  await Promise.all(bmcs.map((each) => each.stop()));
  await region?.stop();
}, 60_000);

test("no output of agent or region holds a planted secret", { timeout: 120_000 }, async () => {
  const machines = async () =>
    (await ask(region, "GET", "machines?limit=100")).machines as {
      systemId: string;
      hostname: string;
      power: { state: string; fault: { code: string } | null };
    }[]; // our own API's
  const codes = async () =>
    (await machines()).toSorted((a, b) => a.hostname < b.hostname ? -1 : 1)
      .map(({ power }) => power.fault?.code ?? power.state);
  await until(async () => !(await codes()).includes("unknown"));
  expect(await codes()).toEqual(["off", "bmc.wrong_password", "bmc.wrong_kg", "bmc.no_answer"]);

  for (const { systemId } of await machines()) {
    await ask(region, "POST", `machines/${systemId}/mark-broken`, {}); // then power may be switched
    const { operation } = await ask(region, "POST", `machines/${systemId}/power-on`, {});
    await until(async () =>
      (await ask(region, "GET", `operations/${(operation as { id: string }).id}`)).state !==
        "running"
    );
  }
  expect(bmcs[0]?.bmc.machine.isOn).toBe(true);

  const outputs: Record<string, string> = {
    "the agent's log": agent.log(),
    "the agent's journal": await Deno.readTextFile(`${agent.folder}/journal.ndjson`),
    "the agent's copy of the state": await Deno.readTextFile(`${agent.folder}/site_state.jws`),
    "the agent's status": await (await fetch(`${agent.statusUrl}/status.json`)).text(),
    "the agent's page": await (await fetch(`${agent.statusUrl}/`)).text(),
    "the agent's metrics": await (await fetch(`${agent.statusUrl}/metrics`)).text(),
    "the machines": JSON.stringify(await machines()),
    "the events": JSON.stringify(await ask(region, "GET", "events?limit=100")),
    "the process list": await processList(),
  };
  for (const [what, text] of Object.entries(outputs)) {
    expect(text.length, what).toBeGreaterThan(20);
    expect(text.includes(PASSWORD), what).toBe(false);
    expect(text.includes(btoa(PASSWORD).replace(/=+$/, "")), what).toBe(false);
    expect(text.includes(KG), what).toBe(false);
  }
});

/** Command lines and environments of every process that there is. */
async function processList(): Promise<string> {
  let all = "";
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    for (const file of ["cmdline", "environ"]) {
      all += await Deno.readTextFile(`/proc/${name}/${file}`).catch(() => "");
    }
  }
  return all;
}
