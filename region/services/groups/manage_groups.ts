import type { RegionContext } from "@/region/context.ts";
import type { Db } from "@/region/db/client.ts";
import {
  deleteGroup as deleteGroupRow,
  findGroup,
  type GroupWithLists,
  insertGroup,
  listGroups as listGroupRows,
  replaceGroupPools,
  replaceMembers,
  updateGroup as updateGroupRow,
} from "@/region/db/queries/groups.ts";
import { recordChange } from "@/region/services/audit/record_change.ts";
import { expectVersion } from "@/region/services/expect_version.ts";
import { type PageQuery, readIdPage } from "@/region/services/id_page.ts";
import { mustFind } from "@/region/services/not_found.ts";
import { refuseViolations } from "@/region/services/refuse_violations.ts";
import { ChangedMeanwhile, retryOnChange } from "@/region/services/retry_on_change.ts";
import { type Caller, requireRole } from "../identity/caller.ts";

export interface GroupChange {
  readonly name?: string;
  readonly description?: string;
  /** Whole: who is not in it is no member any more. */
  readonly memberIds?: readonly number[];
  readonly poolIds?: readonly number[];
}

/** A page in the order of their making; `nextCursor` is null on the last one. */
export async function listGroups(
  ctx: RegionContext,
  caller: Caller,
  query: PageQuery,
): Promise<{ groups: GroupWithLists[]; nextCursor: string | null }> {
  requireRole(caller, "admin");
  const { rows, nextCursor } = await readIdPage(query, (page) => listGroupRows(ctx.db, page));
  return { groups: rows, nextCursor };
}

/** Throws `not_found`. */
export async function getGroup(
  ctx: RegionContext,
  caller: Caller,
  groupId: number,
): Promise<GroupWithLists> {
  requireRole(caller, "admin");
  return mustFind(await findGroup(ctx.db, groupId), "group", groupId);
}

/** Throws `conflict` when the name is taken, or a member or pool is not there. */
export async function createGroup(
  ctx: RegionContext,
  caller: Caller,
  input: GroupChange & { name: string },
): Promise<GroupWithLists> {
  requireRole(caller, "admin");
  const { name, description } = input;
  return await refuseViolations(refusals(name), () =>
    ctx.db.transaction(async (tx) => {
      const { id } = await insertGroup(tx, { name, description, createdAt: ctx.now() });
      await setLists(tx, id, input);
      const group = mustFind(await findGroup(tx, id), "group", id);
      await recordChange(ctx, tx, caller, {
        action: "group.create",
        id,
        name,
        after: auditView(group),
      });
      return group;
    }));
}

/** Throws `not_found`, and `conflict` as `createGroup` does. */
export async function updateGroup(
  ctx: RegionContext,
  caller: Caller,
  input: GroupChange & { groupId: number; ifVersion?: number },
): Promise<GroupWithLists> {
  requireRole(caller, "admin");
  const { groupId, ifVersion, name, description } = input;
  const attempt = () =>
    ctx.db.transaction(async (tx) => {
      const read = mustFind(await findGroup(tx, groupId), "group", groupId);
      expectVersion(read, ifVersion);
      if (!await updateGroupRow(tx, read, { name, description })) throw new ChangedMeanwhile();
      await setLists(tx, groupId, input);
      const group = mustFind(await findGroup(tx, groupId), "group", groupId);
      await recordChange(ctx, tx, caller, {
        action: "group.update",
        id: groupId,
        name: group.name,
        before: auditView(read),
        after: auditView(group),
      });
      return group;
    });
  return await refuseViolations(
    refusals(name ?? ""),
    () => retryOnChange(`group ${groupId}`, attempt),
  );
}

/** Its members lose the pools that only it opened to them. Throws `not_found`. */
export async function deleteGroup(
  ctx: RegionContext,
  caller: Caller,
  input: { groupId: number; ifVersion?: number },
): Promise<void> {
  requireRole(caller, "admin");
  const { groupId, ifVersion } = input;
  await ctx.db.transaction(async (tx) => {
    const group = mustFind(await findGroup(tx, groupId), "group", groupId);
    expectVersion(group, ifVersion);
    await deleteGroupRow(tx, groupId);
    await recordChange(ctx, tx, caller, {
      action: "group.delete",
      id: groupId,
      name: group.name,
      before: auditView(group),
    });
  });
}

async function setLists(tx: Db, groupId: number, { memberIds, poolIds }: GroupChange) {
  if (memberIds) await replaceMembers(tx, groupId, [...new Set(memberIds)]);
  if (poolIds) await replaceGroupPools(tx, groupId, [...new Set(poolIds)]);
}

function auditView({ name, description, memberIds, poolIds }: GroupWithLists) {
  return { name, description, memberIds, poolIds };
}

function refusals(name: string) {
  return {
    groups_name: {
      code: "group.name_taken",
      message: `another group is named ${name}`,
      field: "name",
    },
    group_members_user: {
      code: "group.no_such_user",
      message: "one of these users is not there",
      field: "memberIds",
    },
    group_pools_pool: {
      code: "group.no_such_pool",
      message: "one of these pools is not there",
      field: "poolIds",
    },
  };
}
