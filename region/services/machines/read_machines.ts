import type { RegionContext } from "@/region/context.ts";
import { findMachine, listMachines as listRows } from "@/region/db/queries/machines.ts";
import { mustFind } from "@/region/services/not_found.ts";
import type { MachineStatus } from "@/shared/machine/lifecycle.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { type Caller, requireRole } from "../identity/caller.ts";
import { type MachineView, viewMachines } from "./machine_view.ts";

/** Throws `not_found`. */
export async function getMachine(
  ctx: RegionContext,
  caller: Caller,
  systemId: string,
): Promise<MachineView> {
  requireRole(caller, "viewer");
  const row = mustFind(await findMachine(ctx.db, systemId), "machine", systemId);
  const [view] = await viewMachines(ctx, caller, [row]);
  return mustFind(view, "machine", systemId);
}

/** A page of machines in the order of their making; `nextCursor` is null on the last one. */
export async function listMachines(
  ctx: RegionContext,
  caller: Caller,
  query: { siteId?: string; status?: MachineStatus; cursor?: string; limit: number },
): Promise<{ machines: MachineView[]; nextCursor: string | null }> {
  requireRole(caller, "viewer");
  const { siteId, status, cursor, limit } = query;
  const afterId = cursor === undefined ? undefined : parseCursor(cursor);
  const rows = await listRows(ctx.db, { siteId, status, afterId }, limit + 1);
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return {
    machines: await viewMachines(ctx, caller, page),
    nextCursor: rows.length > limit && last ? String(last.id) : null,
  };
}

function parseCursor(text: string): number {
  const id = Number(text);
  if (/^\d{1,10}$/.test(text) && id < 2 ** 31) return id;
  throw new DomainError({
    kind: "invalid_input",
    code: "page.bad_cursor",
    field: "cursor",
    message: `"${text.slice(0, 40)}" is not a cursor; use nextCursor of the page before`,
  });
}
