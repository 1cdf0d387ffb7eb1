/**
 * A program: the agent's power control over BMCs of 127.1.0.1 and on, without the rest of an agent.
 *
 * Prints a line of JSON each second: how old its view of each BMC that answers is, and its costs.
 */

import { SiteState } from "@/shared/contract/site_state.ts";
import { systemClock } from "@/rack-agent/runtime/clock.ts";
import { powerControl } from "@/rack-agent/services/power/power_executor.ts";
import { sealUnder } from "@/region/tokens/seal.ts";
import { base64url } from "jose";
import { cpuMs, FLEET_PORT, FLEET_USER, residentMib } from "./fleet.ts";

export interface WatchSample {
  readonly atMs: number;
  /** Seconds, of the machines whose state is known. */
  readonly ages: { readonly p50: number; readonly p99: number; readonly max: number };
  readonly known: number;
  readonly unknown: number;
  /** Known to the watch, and not seen for a minute or never. */
  readonly stale: number;
  readonly asked: number;
  readonly answered: number;
  readonly facts: number;
  readonly cpuMs: number;
  readonly residentMib: number;
}

/** The age of what was never seen: JSON knows no infinity. */
const NEVER_SECONDS = 1e6;

if (import.meta.main) await main(Number(Deno.args[0]), Number(Deno.args[1]));

/** `deadPercent` of each hundred are left out of the ages: nobody can see them. */
async function main(count: number, deadPercent: number): Promise<void> {
  const key = crypto.getRandomValues(new Uint8Array(32));
  const sealedPassword = await sealUnder({ id: "bench", key }, FLEET_USER.password);
  let facts = 0;
  const power = powerControl({
    clock: systemClock,
    log: (event, fields) => console.error(event, JSON.stringify(fields)),
    siteKey: () => base64url.encode(key),
    broadcasts: () => [],
    record: () => facts++,
  });
  await power.watch.start();
  power.applyState(stateOf(count, sealedPassword));
  setInterval(async () => {
    const nowMs = Date.now();
    const alive = power.watch.list().filter((_, i) => i % 100 >= deadPercent);
    const ages = alive
      .map(({ state, atMs }) =>
        state === "unknown" || !atMs ? NEVER_SECONDS : (nowMs - atMs) / 1_000
      )
      .toSorted((a, b) => a - b);
    const at = (share: number) => ages[Math.floor((ages.length - 1) * share)] ?? NEVER_SECONDS;
    const known = power.watch.list().filter(({ state }) => state !== "unknown").length;
    const sample: WatchSample = {
      atMs: performance.now(),
      ages: { p50: at(0.5), p99: at(0.99), max: at(1) },
      known,
      unknown: count - known,
      stale: ages.filter((seconds) => seconds > 60).length,
      asked: power.watch.counters.asked,
      answered: power.watch.counters.answered,
      facts,
      cpuMs: (await cpuMs("self")).own,
      residentMib: await residentMib("self"),
    };
    console.log(JSON.stringify(sample));
  }, 1_000);
  Deno.addSignalListener("SIGTERM", async () => {
    await power.watch.stop();
    Deno.exit(0);
  });
}

function stateOf(count: number, sealedPassword: string): SiteState {
  const machines = Array.from({ length: count }, (_, i) => ({
    systemId: `m${i}`,
    hostname: `node-${i}`,
    architecture: "amd64",
    macs: [],
    reservations: [],
    boot: "local_disk",
    bmc: {
      kind: "ipmi",
      address: `127.1.${(i + 1) >> 8}.${(i + 1) & 255}`,
      port: FLEET_PORT,
      username: FLEET_USER.username,
      sealedPassword,
    },
  }));
  return SiteState.parse({
    site: { id: "s-1", name: "bench" },
    generation: 1,
    issuedAt: new Date().toISOString(),
    subnets: [],
    machines,
    operations: [],
    images: [],
    bootFiles: [],
  });
}
