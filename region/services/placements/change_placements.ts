import type { RegionContext } from "@/region/context.ts";
import type { Db } from "@/region/db/client.ts";
import {
  DEFAULT_PLACEMENT_ID,
  deletePlacement as deleteRow,
  findPlacement,
  insertPlacement,
  moveMachinesToDefault,
  type PlacementKind,
  type PlacementRow,
  updatePlacement as updateRow,
} from "@/region/db/queries/placements.ts";
import { recordChange } from "@/region/services/audit/record_change.ts";
import { expectVersion } from "@/region/services/expect_version.ts";
import { mustFind } from "@/region/services/not_found.ts";
import { type Refusals, refuseViolations } from "@/region/services/refuse_violations.ts";
import { ChangedMeanwhile, retryOnChange } from "@/region/services/retry_on_change.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { type Caller, requireRole } from "../identity/caller.ts";
import { type PlacementView, viewPlacements } from "./read_placements.ts";

/** Makes a zone or pool. Throws `conflict` when the name is taken. */
export async function createPlacement(
  ctx: RegionContext,
  caller: Caller,
  input: { kind: PlacementKind; name: string; description?: string },
): Promise<PlacementView> {
  requireRole(caller, "admin");
  const { kind, name, description } = input;
  const row = await refuseViolations(nameTaken(kind, name), () =>
    ctx.db.transaction(async (tx) => {
      const made = await insertPlacement(tx, kind, { name, description, createdAt: ctx.now() });
      const after = auditView(made);
      await recordChange(ctx, tx, caller, { action: `${kind}.create`, id: made.id, name, after });
      return made;
    }));
  return await viewOne(ctx, kind, row);
}

export interface PlacementChangeInput {
  readonly kind: PlacementKind;
  readonly id: number;
  readonly name?: string;
  readonly description?: string;
  readonly ifVersion?: number;
}

/** Renames a zone or pool, or describes it anew. */
export async function updatePlacement(
  ctx: RegionContext,
  caller: Caller,
  input: PlacementChangeInput,
): Promise<PlacementView> {
  requireRole(caller, "admin");
  const { kind, id, ifVersion, ...change } = input;
  const attempt = () =>
    ctx.db.transaction(async (tx) => {
      const read = await readForChange(tx, { kind, id, ifVersion });
      const row = await updateRow(tx, kind, read, change);
      if (!row) throw new ChangedMeanwhile();
      const [before, after] = [auditView(read), auditView(row)];
      const about = { id, name: row.name, before, after };
      await recordChange(ctx, tx, caller, { action: `${kind}.update`, ...about });
      return row;
    });
  const row = await refuseViolations(
    nameTaken(kind, input.name ?? ""),
    () => retryOnChange(`${kind} ${id}`, attempt),
  );
  return await viewOne(ctx, kind, row);
}

/**
 * Removes a zone, its machines going to the default one; or a pool, which must be empty.
 *
 * Throws `conflict` for the default and for a pool with machines.
 */
export async function deletePlacement(
  ctx: RegionContext,
  caller: Caller,
  input: { kind: PlacementKind; id: number; ifVersion?: number },
): Promise<void> {
  requireRole(caller, "admin");
  const { kind, id } = input;
  const inUse = {
    machines_pool_id_fkey: {
      code: "pool.in_use",
      message: "the pool has machines; put them into another pool first",
    },
    machines_zone_id_fkey: {
      code: "zone.in_use",
      message: "a machine was put into the zone just now; try again",
    },
  };
  await refuseViolations(inUse, () =>
    ctx.db.transaction(async (tx) => {
      const read = await readForChange(tx, input);
      if (id === DEFAULT_PLACEMENT_ID) throw isDefault(kind, read.name);
      if (kind === "zone") await moveMachinesToDefault(tx, kind, id);
      await deleteRow(tx, kind, id);
      const [name, before] = [read.name, auditView(read)];
      await recordChange(ctx, tx, caller, { action: `${kind}.delete`, id, name, before });
    }));
}

async function readForChange(
  tx: Db,
  { kind, id, ifVersion }: { kind: PlacementKind; id: number; ifVersion?: number },
): Promise<PlacementRow> {
  const read = mustFind(await findPlacement(tx, kind, { id }), kind, id);
  expectVersion(read, ifVersion);
  return read;
}

async function viewOne(
  ctx: RegionContext,
  kind: PlacementKind,
  row: PlacementRow,
): Promise<PlacementView> {
  const [view] = await viewPlacements(ctx, kind, [row]);
  return mustFind(view, kind, row.id);
}

function auditView({ name, description }: PlacementRow) {
  return { name, description };
}

function nameTaken(kind: PlacementKind, name: string): Refusals {
  const message = `another ${kind} is named ${name}`;
  return { [`${kind}s_name`]: { code: `${kind}.name_taken`, message, field: "name" } };
}

function isDefault(kind: PlacementKind, name: string): DomainError {
  return new DomainError({
    kind: "conflict",
    code: `${kind}.is_default`,
    message: `${name} is the default ${kind}: what nobody places is in it, so it stays`,
  });
}
