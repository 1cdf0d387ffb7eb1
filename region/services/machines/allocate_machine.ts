import type { RegionContext } from "@/region/context.ts";
import type { Db } from "@/region/db/client.ts";
import {
  type FitPosition,
  listFitting,
  lockFitting,
  type Takeable,
} from "@/region/db/queries/allocation.ts";
import { insertEvent } from "@/region/db/queries/events.ts";
import { type MachineRow, moveMachine } from "@/region/db/queries/machines.ts";
import {
  asksForParts,
  type MatchedParts,
  matchParts,
} from "@/region/domain/allocation/part_constraints.ts";
import { recordChange } from "@/region/services/audit/record_change.ts";
import { mustFind } from "@/region/services/not_found.ts";
import { changeByAction } from "@/region/domain/machine_change.ts";
import { decideAction } from "@/region/domain/machine_action.ts";
import { type Caller, requireRole } from "../identity/caller.ts";
import { powerReach } from "./bmc_access.ts";
import { type ConstraintInput, type Constraints, resolveConstraints } from "./constraints.ts";
import { type MachineView, viewMachines } from "./machine_view.ts";
import { poolsInScope } from "./machine_scope.ts";
import { noneFits } from "./none_fits.ts";

export interface AllocationInput {
  readonly constraints: ConstraintInput;
  /** Whom it is for, in the words of the program that asks; kept until the machine is released. */
  readonly agentName?: string;
  /** Why; in the event and the audit. */
  readonly comment?: string;
  /** Say what would be taken, and take nothing. */
  readonly isDryRun: boolean;
}

export interface Allocation {
  readonly machine: MachineView;
  /** The parts that met what was asked of parts. */
  readonly matched: MatchedParts;
}

/** Read at a time: one page answers nearly every request. */
const PAGE_MACHINES = 100;

/**
 * Takes the smallest machine that fits: fewest processors, then least memory, then least storage,
 * then the one known longest. Two requests never get the same.
 *
 * Throws `not_found` for a zone, pool or tag that there is not, and `conflict` (`machine.none_fits`)
 * with how many machines each constraint excludes when none is left.
 */
export async function allocateMachine(
  ctx: RegionContext,
  caller: Caller,
  input: AllocationInput,
): Promise<Allocation> {
  requireRole(caller, "operator");
  const wanted = await resolveConstraints(ctx.db, caller, input.constraints);
  const of: Takeable = { status: "Ready", poolIds: poolsInScope(caller) };
  const contested: number[] = [];
  let after: FitPosition | undefined;
  do {
    const page = await listFitting(ctx.db, { ...wanted.columns, of, after }, PAGE_MACHINES);
    const fitting = page.filter((row) =>
      matchParts(wanted.parts, row.inventory).failed.length === 0
    );
    const ids = fitting.map(({ id }) => id);
    const taken = await take(ctx, caller, { input, wanted, of, ids, isWaiting: false });
    if (taken) return await viewOf(ctx, caller, wanted, taken);
    contested.push(...ids);
    after = page.length === PAGE_MACHINES ? page.at(-1) : undefined;
  } while (after);
  // What fits was in other hands a moment ago; wait for each of them to take it or to let it go.
  const late = await take(ctx, caller, { input, wanted, of, ids: contested, isWaiting: true });
  if (late) return await viewOf(ctx, caller, wanted, late);
  throw await noneFits(ctx.db, wanted, of);
}

interface Attempt {
  readonly input: AllocationInput;
  readonly wanted: Constraints;
  readonly of: Takeable;
  readonly ids: readonly number[];
  readonly isWaiting: boolean;
}

/** The machine, taken unless it is a dry run; undefined when none of them can be had. */
async function take(
  ctx: RegionContext,
  caller: Caller,
  { input, wanted, of, ids, isWaiting }: Attempt,
): Promise<MachineRow | undefined> {
  if (ids.length === 0) return undefined;
  return await ctx.db.transaction(async (tx) => {
    const row = await lockFitting(tx, { ...wanted.columns, of, ids }, { isWaiting });
    // Its disks may have been pulled since it was read.
    if (!row || asksForParts(wanted.parts) && !stillMatches(wanted, row)) return undefined;
    return input.isDryRun ? row : await record(ctx, tx, caller, { row, input });
  });
}

function stillMatches(wanted: Constraints, row: MachineRow): boolean {
  return matchParts(wanted.parts, row.inventory).failed.length === 0;
}

/** The caller holds the machine's lock. Its site need not hear: it boots as a ready one does. */
async function record(
  ctx: RegionContext,
  tx: Db,
  caller: Caller,
  { row, input }: { row: MachineRow; input: AllocationInput },
): Promise<MachineRow> {
  const { agentName = "", comment } = input;
  const at = ctx.now();
  const subject = { ...row, ...powerReach(row.bmc) };
  const { to } = decideAction(subject, caller, { action: "allocate" });
  const change = {
    ...changeByAction(row, {
      action: "allocate",
      to,
      comment,
      imageId: null,
      sshKeys: [],
      userId: caller.userId,
      now: at,
    }),
    agentName,
  };
  const moved = mustFind(await moveMachine(tx, row, change), "machine", row.systemId);
  const why = comment === undefined ? "" : `: ${comment}`;
  await insertEvent(tx, {
    at,
    siteId: row.siteId,
    machineId: row.id,
    level: "info",
    code: "machine.allocated",
    message: `${caller.username} was given ${row.hostname}${why}`,
  });
  await recordChange(ctx, tx, caller, {
    action: "machine.allocate",
    id: row.systemId,
    name: row.hostname,
    before: { status: row.status },
    after: {
      status: to.status,
      owner: caller.username,
      agentName,
      comment,
      constraints: input.constraints,
    },
  });
  return moved;
}

async function viewOf(
  ctx: RegionContext,
  caller: Caller,
  wanted: Constraints,
  row: MachineRow,
): Promise<Allocation> {
  const [view] = await viewMachines(ctx, caller, [row]);
  const { matched } = matchParts(wanted.parts, row.inventory);
  return { machine: mustFind(view, "machine", row.systemId), matched };
}
