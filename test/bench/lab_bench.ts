import { travel } from "@/infra/lab/journey.ts";
import { listOf, OperationView } from "@/infra/lab/api_views.ts";
import type { Firmware } from "@/infra/lab/options.ts";
import { type Rack, startRack } from "@/infra/lab/rack.ts";
import { atMost, type Bench, type Row } from "./bench.ts";

/** What a deploy may cost beyond firmware, transfer, disk and the OS's own boot. */
const OVERHEAD_SECONDS_MAX = 5;

/** Where the seconds of a machine's way from power-on to deployed go. */
export const labBench: Bench = {
  description: "seconds per stage of a deploy, and the control plane's share of them",
  async run(log) {
    const { rows, overheadSeconds } = await measure("bios", log);
    const overhead = "control-plane overhead of a deploy (s)";
    return { rows, bars: [atMost(overhead, overheadSeconds, OVERHEAD_SECONDS_MAX)] };
  },
};

async function measure(firmware: Firmware, log: (line: string) => void) {
  const rack = await startRack({ name: "bench", machines: 1, firmware, log });
  try {
    const [machine] = rack.machines;
    if (!machine) throw new Error("the rack has one machine");
    const { failure, stages } = await travel(rack, machine, { until: "released" });
    if (failure) throw new Error(`the journey failed: ${failure.code}: ${failure.message}`);
    const spans = await deploySpans(rack);
    return {
      overheadSeconds: secondsOf(spans.filter(({ owner }) => owner === "control")),
      rows: [
        ...stages.map(({ name, seconds }): Row => ({ firmware, stage: name, owner: "", seconds })),
        ...spans.map((span): Row => ({
          firmware,
          stage: `deploy: ${span.name}`,
          owner: span.owner,
          seconds: secondsOf([span]),
          bytes: span.bytes,
        })),
      ],
    };
  } finally {
    await rack.close();
  }
}

async function deploySpans(rack: Rack): Promise<Spans> {
  const operations = await rack.api.get(
    "/operations?limit=100",
    listOf("operations", OperationView),
  );
  const deploy = operations.find(({ kind }) => kind === "deploy");
  if (!deploy) throw new Error("the region lists no deploy");
  return (await rack.api.get(`/operations/${deploy.id}`, OperationView)).spans;
}

type Spans = OperationView["spans"];

function secondsOf(spans: Spans): number {
  const ms = spans.reduce((sum, span) => sum + span.endMs - span.startMs, 0);
  return Math.round(ms / 10) / 100;
}
