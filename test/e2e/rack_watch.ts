import { z } from "zod";
import { listOf, MachineView, OperationView } from "@/infra/lab/api_views.ts";
import { orderOperation, waitForOperation, type Watch } from "@/infra/lab/journey.ts";
import type { Rack } from "@/infra/lab/rack.ts";

const POLL_MS = 500;
const WAIT_MS_MAX = 15 * 60_000;

/** Resolves with what `look` finds; fails after a quarter of an hour, naming what it waited for. */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | undefined>,
): Promise<T> {
  const deadlineMs = performance.now() + WAIT_MS_MAX;
  while (performance.now() < deadlineMs) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((wake) => setTimeout(wake, POLL_MS));
  }
  throw new Error(`${what} did not happen within ${WAIT_MS_MAX / 1000} s`);
}

export const FactView = z.looseObject({
  kind: z.string(),
  at: z.string(),
  body: z.record(z.string(), z.unknown()).optional(),
});

/** The facts of an operation, as the region has them. */
export async function factsOf(rack: Rack, operationId: string) {
  return await rack.api.get(
    `/facts?operation=${operationId}&limit=1000`,
    listOf("facts", FactView),
  );
}

export async function machineNow(rack: Rack, systemId: string): Promise<MachineView> {
  return await rack.api.get(`/machines/${systemId}`, MachineView);
}

export async function operationNow(rack: Rack, id: string): Promise<OperationView> {
  return await rack.api.get(`/operations/${id}`, OperationView);
}

const Status = z.object({
  region: z.object({ unreachableSince: z.string().optional(), factsWaiting: z.int() }),
  operations: z.array(z.object({ id: z.string(), phase: z.string() })),
});

/** What the agent says of itself, asked inside the site. */
export async function agentStatus(rack: Rack): Promise<z.infer<typeof Status>> {
  const [program = "", ...args] = [...rack.agentStatusCommand.split(" "), "--json"];
  const { stdout, success, stderr } = await new Deno.Command(program, { args }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return Status.parse(JSON.parse(new TextDecoder().decode(stdout)));
}

/** Orders an operation and waits until it is done. */
export async function carryOut(
  watch: Watch,
  systemId: string,
  action: string,
  body: unknown = {},
): Promise<OperationView> {
  const id = await orderOperation(watch.rack, systemId, action, body);
  return await waitForOperation(watch, id);
}

/** What the machine wrote on its serial console after the first `fromBytes`. */
export async function consoleSince(path: string, fromBytes: number): Promise<string> {
  return new TextDecoder().decode((await Deno.readFile(path)).subarray(fromBytes));
}

export async function consoleBytes(path: string): Promise<number> {
  return (await Deno.stat(path)).size;
}
