import type { RegionContext } from "@/region/context.ts";
import { sliceOf } from "@/region/db/queries/keyset.ts";
import {
  type ListedMachineRow,
  listMachines as listRows,
  MACHINE_ORDER,
} from "@/region/db/queries/machine_list.ts";
import { findRepeatableRequest } from "@/region/db/queries/repeatable_requests.ts";
import { publishSoon } from "@/region/services/publish_soon.ts";
import { rehearse } from "@/region/services/rehearse.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { type MachineStatus, weakestRoleFor } from "@/shared/machine/lifecycle.ts";
import { type Caller, requireRole } from "../identity/caller.ts";
import { rememberRequest, repeatableItem } from "../identity/repeatable_request.ts";
import { type ActionInput, actOnMachine } from "./act_on_machine.ts";
import { deleteMachine } from "./delete_machine.ts";
import { poolsInScope } from "./machine_scope.ts";
import type { TagsInput } from "./place_machine.ts";
import type { MachineQuery } from "./read_machines.ts";
import { updateMachine } from "./update_machine.ts";

/** Of one request; whoever means more sends several. */
export const MACHINES_PER_REQUEST_MAX = 1000;

/** Which machines; of the two ways to say it, one. */
export interface Selection {
  readonly systemIds?: readonly string[];
  readonly filter?: MachineQuery;
  /** How many they are; if they are not, nothing is done. */
  readonly expect?: number;
}

/** What is to be done to each of them. */
export type ManyWork =
  | { readonly kind: "action"; readonly input: Omit<ActionInput, "systemId"> }
  | { readonly kind: "update"; readonly change: ManyChange }
  | { readonly kind: "delete" };

/** What can be said of many machines alike. */
export interface ManyChange {
  readonly zone?: string;
  readonly pool?: string;
  readonly tags?: TagsInput;
  readonly description?: string;
}

/** What came of one machine, or would. */
export interface ItemResult {
  readonly systemId: string;
  readonly hostname: string | null;
  readonly outcome: "ok" | "refused";
  /** Of an action: what the machine is as soon as it is recorded. */
  readonly status?: MachineStatus;
  /** The work that the site was given; absent: none, or not yet. */
  readonly operationId?: string;
  readonly refusal?: { code: string; detail: string };
}

/**
 * Does the same to many machines, each in a transaction of its own: it succeeds or is refused by
 * itself. A repeat with the same Idempotency-Key goes on where the first one was interrupted.
 *
 * Throws `invalid_input` for too many machines, `conflict` when they are not as many as expected.
 */
export async function changeMany(
  ctx: RegionContext,
  caller: Caller,
  { selection, work, isDryRun }: { selection: Selection; work: ManyWork; isDryRun: boolean },
): Promise<ItemResult[]> {
  requireRole(caller, work.kind === "action" ? weakestRoleFor(work.input.action) : "admin");
  const chosen = await choose(ctx, caller, selection);
  const attempt = isDryRun ? tryItem : doItem;
  const results: ItemResult[] = [];
  for (const { systemId, row } of chosen) {
    const hostname = row?.hostname ?? null;
    results.push({ systemId, hostname, ...await attempt(ctx, caller, { systemId, work }) });
  }
  if (isDryRun || !results.some(({ outcome }) => outcome === "ok")) return results;
  const { userId, repeatable: request } = caller;
  if (request) await rememberRequest(ctx, ctx.db, { userId, request });
  for (const siteId of new Set(chosen.flatMap(({ row }) => row?.siteId ?? []))) {
    await publishSoon(ctx, siteId);
  }
  return results;
}

interface Chosen {
  readonly systemId: string;
  /** Absent: there is none, or the caller may not know of it. */
  readonly row?: ListedMachineRow;
}

async function choose(ctx: RegionContext, caller: Caller, chosen: Selection): Promise<Chosen[]> {
  const { systemIds, filter = { systemId: systemIds } } = chosen;
  const wanted = { ...filter, poolIds: poolsInScope(caller) };
  const slice = sliceOf(MACHINE_ORDER, MACHINE_ORDER.initial, {
    limit: MACHINES_PER_REQUEST_MAX + 1,
  });
  const rows = await listRows(ctx.db, wanted, slice);
  const found = systemIds === undefined
    ? rows.map((row) => ({ systemId: row.systemId, row }))
    : [...new Set(systemIds)].map((systemId) => ({
      systemId,
      row: rows.find((row) => row.systemId === systemId),
    }));
  if (found.length > MACHINES_PER_REQUEST_MAX) throw tooMany();
  if (chosen.expect !== undefined && chosen.expect !== found.length) {
    throw notAsExpected(chosen.expect, found.length);
  }
  return found;
}

interface Item {
  readonly systemId: string;
  readonly work: ManyWork;
}

type Came = Omit<ItemResult, "systemId" | "hostname">;

async function doItem(ctx: RegionContext, caller: Caller, item: Item): Promise<Came> {
  const { repeatable } = caller;
  const request = repeatable && repeatableItem(repeatable, item.systemId);
  const quiet = { ...ctx, holdsPublishing: true };
  try {
    return await carryOut(quiet, { ...caller, repeatable: request }, item);
  } catch (error) {
    const earlier = request && await findRepeatableRequest(ctx.db, caller.userId, request.key);
    // It was refused because it has been done: by this request, sent before.
    if (earlier && earlier.requestHash === request.hash) {
      return { outcome: "ok", ...operationOf(earlier.operationId) };
    }
    return refusalOf(error);
  }
}

async function carryOut(
  ctx: RegionContext,
  caller: Caller,
  { systemId, work }: Item,
): Promise<Came> {
  switch (work.kind) {
    case "action": {
      const done = await actOnMachine(ctx, caller, { ...work.input, systemId });
      const { machine: { status }, operation } = done;
      return { outcome: "ok", status, ...operationOf(operation?.id) };
    }
    case "update":
      await updateMachine(ctx, caller, { ...work.change, systemId });
      return { outcome: "ok" };
    case "delete":
      await deleteMachine(ctx, caller, systemId);
      return { outcome: "ok" };
  }
}

async function tryItem(ctx: RegionContext, caller: Caller, item: Item): Promise<Came> {
  try {
    const { value } = await rehearse(ctx, (ctx) => carryOut(ctx, unrepeatable(caller), item));
    const { operationId: _, ...rest } = value; // there is none of this number
    return rest;
  } catch (error) {
    return refusalOf(error);
  }
}

/** What is undone need not be remembered. */
function unrepeatable({ repeatable: _, ...caller }: Caller): Caller {
  return caller;
}

function operationOf(operationId: string | null | undefined): { operationId?: string } {
  return operationId ? { operationId } : {};
}

function refusalOf(error: unknown): Came {
  // Away is away for all the others too: what is done so far is done, and a repeat goes on.
  if (!(error instanceof DomainError) || error.kind === "unavailable") throw error;
  return { outcome: "refused", refusal: { code: error.code, detail: error.message } };
}

function tooMany(): DomainError {
  return new DomainError({
    kind: "invalid_input",
    code: "machines.too_many",
    accepted: `at most ${MACHINES_PER_REQUEST_MAX} machines`,
    message: `more than ${MACHINES_PER_REQUEST_MAX} machines are meant; narrow the filter, for ` +
      "example by zone, and send several requests",
  });
}

function notAsExpected(expected: number, found: number): DomainError {
  return new DomainError({
    kind: "conflict",
    code: "machines.count_differs",
    field: "expect",
    value: String(expected),
    accepted: String(found),
    message:
      `${found} machines are meant, not ${expected}; nothing was done: look with dryRun=true`,
  });
}
