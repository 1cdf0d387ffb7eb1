import { IpmiBmc } from "@/test/fakes/bmc/ipmi_bmc.ts";
import { serveIpmi } from "@/test/fakes/bmc/ipmi_service.ts";
import { startRegionProcess } from "../region_process.ts";
import { startAgentProcess } from "./agent_process.ts";
import { ask, until } from "./region_api.ts";

const ORDERS = 30;
const LOGIN = { username: "admin", password: "bench-password" };
const CHASSIS_CONTROL = 0x02;

/** Milliseconds from the request at the region to Chassis Control at the BMC, one per order. */
export async function orderTimes(log: (line: string) => void): Promise<number[]> {
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
    const agent = await startAgentProcess(region, String(site.id));
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
      await ask(region, "POST", `machines/${systemId}/mark-broken`, {}); // power may be switched
      log("the agent polls, and the region shows the power state that it saw");
      const times: number[] = [];
      for (let n = 0; n < ORDERS; n++) {
        heard = Promise.withResolvers();
        const action = n % 2 === 0 ? "power-on" : "power-off";
        const startMs = performance.now();
        const { operation } = await ask(region, "POST", `machines/${systemId}/${action}`, {});
        times.push(await heard.promise - startMs);
        await until(async () =>
          (await ask(region, "GET", `operations/${(operation as { id: string }).id}`)).state !==
            "running"
        );
      }
      return times;
    } finally {
      await agent.stop();
    }
  } finally {
    await served.stop();
    await region.stop();
  }
}
