import { eq } from "drizzle-orm";
import { placeEvents } from "@/region/db/queries/event_feed.ts";
import { findMachineById } from "@/region/db/queries/machines.ts";
import { findOperation } from "@/region/db/queries/operations.ts";
import { type MachineRow, machines } from "@/region/db/schema/machines.ts";
import type { OperationRow } from "@/region/db/schema/operations.ts";
import type { MachineStatus } from "@/shared/machine/lifecycle.ts";
import { type RegionUnderTest, START } from "./region_under_test.ts";

type Row = Record<string, unknown>;

/** The site's own clock: seconds after the start. */
export function at(seconds: number): string {
  return new Date(START.getTime() + seconds * 1000).toISOString();
}

export async function machineNow(
  { ctx }: RegionUnderTest,
  machine: { id: number },
): Promise<MachineRow> {
  const row = await findMachineById(ctx.db, machine.id);
  if (!row) throw new Error("the machine is gone");
  return row;
}

export async function operationNow(
  { ctx }: RegionUnderTest,
  operation: { id: string },
): Promise<OperationRow> {
  const row = await findOperation(ctx.db, operation.id);
  if (!row) throw new Error("the operation is gone");
  return row;
}

export async function tableNow(region: RegionUnderTest, name: string): Promise<Row[]> {
  // `dump()` gives each table as the array that json_agg made.
  return (await region.dump())[name] as Row[];
}

/** What a machine's timeline says, oldest first. */
export async function eventsOf(
  region: RegionUnderTest,
  machine: { id: number },
): Promise<Row[]> {
  await placeEvents(region.ctx.db); // before that, their numbers say nothing of their order
  return (await tableNow(region, "events"))
    .filter(({ machine_id }) => machine_id === machine.id)
    .toSorted((a, b) => Number(a.id) - Number(b.id));
}

/** The facts of an agent, in their order. */
export async function factsOf(region: RegionUnderTest, agentId: string): Promise<Row[]> {
  return (await tableNow(region, "facts")).filter(({ agent_id }) => agent_id === agentId)
    .toSorted((a, b) => Number(a.seq) - Number(b.seq));
}

export async function setStatus(
  { ctx }: RegionUnderTest,
  machine: { id: number },
  status: MachineStatus,
): Promise<void> {
  await ctx.db.update(machines).set({ status }).where(eq(machines.id, machine.id));
}
