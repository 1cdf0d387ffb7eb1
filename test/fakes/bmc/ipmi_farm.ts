/** A program that is many BMCs: one UDP port each, on addresses of 127.0.0.0/8 in a row. */

import { parseArgs } from "node:util";
import { IpmiBmc } from "./ipmi_bmc.ts";
import { type NetworkFault, serveIpmi } from "./ipmi_service.ts";

const USAGE = [
  "ipmi_farm.ts [--count N] [--first 127.1.0.1] [--port 6230] [--username U] [--suites 3,17]",
  "             [--slow-percent P] [--slow-ms MS] [--dead-percent P] [--off-by-one-every N]",
  "",
  "Simulates N IPMI BMCs; their password is read from the first line of standard input.",
  "Prints one line of JSON once all answer, and ends when standard input does.",
].join("\n");

if (import.meta.main) await main(Deno.args);

async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      count: { type: "string", default: "1" },
      first: { type: "string", default: "127.1.0.1" },
      port: { type: "string", default: "6230" },
      username: { type: "string", default: "admin" },
      suites: { type: "string", default: "3,17" },
      "slow-percent": { type: "string", default: "0" },
      "slow-ms": { type: "string", default: "2000" },
      "dead-percent": { type: "string", default: "0" },
      "off-by-one-every": { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return console.log(USAGE);
  const lines = Deno.stdin.readable.pipeThrough(new TextDecoderStream()).getReader();
  const password = (await lines.read()).value?.split("\n")[0] ?? "";
  const first = values.first.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  const count = Number(values.count);
  const seed = randomPool();
  for (let i = 0; i < count; i++) {
    const bmc = new IpmiBmc({
      username: values.username,
      password,
      suites: values.suites.split(",").map(Number) as (3 | 17)[], // of the cipher suites' numbers
      offByOneEvery: values["off-by-one-every"] ? Number(values["off-by-one-every"]) : undefined,
      random16: seed,
    });
    const fault = faultOf(i, {
      slow: Number(values["slow-percent"]),
      dead: Number(values["dead-percent"]),
      slowMs: Number(values["slow-ms"]),
    });
    await serveIpmi(bmc, { address: addressOf(first + i), port: Number(values.port), fault });
  }
  console.log(JSON.stringify({ ready: count, pid: Deno.pid }));
  while (!(await lines.read()).done);
  Deno.exit(0);
}

/** Spread evenly: of every hundred the first are dead, the next slow. */
function faultOf(i: number, percent: { slow: number; dead: number; slowMs: number }): NetworkFault {
  const place = i % 100;
  if (place < percent.dead) return { isDeaf: true };
  return place < percent.dead + percent.slow ? { slowMs: percent.slowMs } : {};
}

function addressOf(number: number): string {
  return [24, 16, 8, 0].map((shift) => number >>> shift & 255).join(".");
}

/** Random bytes for all, drawn in large pieces. */
function randomPool(): () => Uint8Array {
  let pool = new Uint8Array(0);
  return () => {
    if (pool.length < 16) pool = crypto.getRandomValues(new Uint8Array(16_384));
    const taken = pool.slice(0, 16);
    pool = pool.subarray(16);
    return taken;
  };
}
