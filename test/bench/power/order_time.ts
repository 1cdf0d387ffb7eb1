import { IpmiBmc } from "@/test/fakes/bmc/ipmi_bmc.ts";
import { serveIpmi } from "@/test/fakes/bmc/ipmi_service.ts";
import { type RegionProcess, startRegionProcess } from "../region_process.ts";

const ORDERS = 30;
const AGENT = new URL("../../../rack-agent/main.ts", import.meta.url).pathname;
const LOGIN = { username: "admin", password: "bench-password" };
const READY_MS_MAX = 60_000;
const CHASSIS_CONTROL = 0x02;

/** Milliseconds from the request at the region to Chassis Control at the BMC, one per order. */
export async function orderTimes(log: (line: string) => void): Promise<number[]> {
  const folder = await Deno.makeTempDir({ prefix: "rackwright-bench-" });
  const region = await startRegionProcess();
  let heard = Promise.withResolvers<number>();
  const bmc = new IpmiBmc({
    ...LOGIN,
    random16: () => crypto.getRandomValues(new Uint8Array(16)),
    answer: ({ netFn, command }) => {
      if (netFn === 0 && command === CHASSIS_CONTROL) heard.resolve(performance.now());
      return undefined;
    },
  });
  const served = await serveIpmi(bmc);
  try {
    const site = await ask(region, "POST", "sites", { name: "bench" });
    const { token } = await ask(region, "POST", `sites/${site.id}/join-tokens`, {});
    await agent(["join", region.url, "--token", String(token), "--data", folder]).status;
    const running = agent(["run", "--data", folder, ...freePorts()]);
    try {
      const { systemId } = await ask(region, "POST", "machines", {
        siteId: site.id,
        hostname: "ordered",
        macs: ["52:54:00:00:00:01"],
        bmc: { kind: "ipmi", address: "127.0.0.1", port: served.port, ...LOGIN },
      });
      await until(async () => {
        const { power } = await ask(region, "GET", `machines/${systemId}`);
        return (power as { state: string }).state === "off"; // our own API's
      });
      log("the agent polls, and the region shows the power state that it saw");
      const times: number[] = [];
      for (let n = 0; n < ORDERS; n++) {
        heard = Promise.withResolvers();
        const action = n % 2 === 0 ? "power-on" : "power-off";
        const startMs = performance.now();
        const { id } = await ask(region, "POST", `machines/${systemId}/${action}`, {});
        times.push(await heard.promise - startMs);
        await until(async () => (await ask(region, "GET", `operations/${id}`)).state !== "running");
      }
      return times;
    } finally {
      running.kill("SIGTERM");
      await running.status;
    }
  } finally {
    await served.stop();
    await region.stop();
    await Deno.remove(folder, { recursive: true });
  }
}

function agent(args: string[]) {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--unstable-ffi", AGENT, ...args],
    stdout: "null",
    stderr: "null",
  }).spawn();
}

function freePorts(): string[] {
  return ["--http-port", "--files-port", "--status-port"].flatMap((name) => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    return [name, String(listener.addr.port)];
  });
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const endMs = performance.now() + READY_MS_MAX;
  while (!await isSo()) {
    if (performance.now() > endMs) throw new Error("the order never came to an end");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function ask(region: RegionProcess, method: string, path: string, body?: unknown) {
  const response = await fetch(`${region.url}/api/v1/${path}`, {
    method,
    body: body === undefined ? undefined : JSON.stringify(body),
    headers: { authorization: `Bearer ${region.apiKey}`, "content-type": "application/json" },
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
  return JSON.parse(text) as Record<string, unknown>; // our own API's
}
