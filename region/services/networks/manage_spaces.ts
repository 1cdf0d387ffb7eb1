import type { RegionContext } from "@/region/context.ts";
import {
  deleteSpace as deleteSpaceRow,
  findSpace,
  insertSpace,
  listSpaces as listSpaceRows,
  type SpaceRow,
  updateSpace as updateSpaceRow,
} from "@/region/db/queries/networks.ts";
import { recordChange } from "@/region/services/audit/record_change.ts";
import { expectVersion } from "@/region/services/expect_version.ts";
import { type PageQuery, readIdPage } from "@/region/services/id_page.ts";
import { mustFind } from "@/region/services/not_found.ts";
import { refuseViolations } from "@/region/services/refuse_violations.ts";
import { ChangedMeanwhile, retryOnChange } from "@/region/services/retry_on_change.ts";
import { type Caller, requireRole } from "../identity/caller.ts";

export async function listSpaces(
  ctx: RegionContext,
  caller: Caller,
  query: PageQuery,
): Promise<{ spaces: SpaceRow[]; nextCursor: string | null }> {
  requireRole(caller, "viewer");
  const { rows, nextCursor } = await readIdPage(query, (page) => listSpaceRows(ctx.db, page));
  return { spaces: rows, nextCursor };
}

/** Throws `not_found`. */
export async function getSpace(
  ctx: RegionContext,
  caller: Caller,
  spaceId: number,
): Promise<SpaceRow> {
  requireRole(caller, "viewer");
  return mustFind(await findSpace(ctx.db, spaceId), "space", spaceId);
}

/** Throws `conflict` when the name is taken. */
export async function createSpace(
  ctx: RegionContext,
  caller: Caller,
  input: { name: string; description?: string },
): Promise<SpaceRow> {
  requireRole(caller, "admin");
  return await refuseViolations(nameTaken(input.name), () =>
    ctx.db.transaction(async (tx) => {
      const row = await insertSpace(tx, { ...input, createdAt: ctx.now() });
      const { id, name } = row;
      await recordChange(ctx, tx, caller, { action: "space.create", id, name, after: row });
      return row;
    }));
}

export async function updateSpace(
  ctx: RegionContext,
  caller: Caller,
  input: { spaceId: number; ifVersion?: number; name?: string; description?: string },
): Promise<SpaceRow> {
  requireRole(caller, "admin");
  const { spaceId: id, ifVersion, ...change } = input;
  return await refuseViolations(
    nameTaken(input.name ?? ""),
    () =>
      retryOnChange(`space ${id}`, () =>
        ctx.db.transaction(async (tx) => {
          const before = mustFind(await findSpace(tx, id), "space", id);
          expectVersion(before, ifVersion);
          const after = await updateSpaceRow(tx, before, change);
          if (!after) throw new ChangedMeanwhile();
          const { name } = after;
          await recordChange(ctx, tx, caller, { action: "space.update", id, name, before, after });
          return after;
        })),
  );
}

/** Its VLANs are in no space then. */
export async function deleteSpace(
  ctx: RegionContext,
  caller: Caller,
  input: { spaceId: number; ifVersion?: number },
): Promise<void> {
  requireRole(caller, "admin");
  const { spaceId: id, ifVersion } = input;
  await ctx.db.transaction(async (tx) => {
    const before = mustFind(await findSpace(tx, id), "space", id);
    expectVersion(before, ifVersion);
    await deleteSpaceRow(tx, id);
    const { name } = before;
    await recordChange(ctx, tx, caller, { action: "space.delete", id, name, before });
  });
}

function nameTaken(name: string) {
  const message = `another space is named ${name}`;
  return { spaces_name: { code: "space.name_taken", message, field: "name" } };
}
