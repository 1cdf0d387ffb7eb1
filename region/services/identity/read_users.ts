import type { RegionContext } from "@/region/context.ts";
import { findUser, listUsers as listUserRows, type UserFilter } from "@/region/db/queries/users.ts";
import { type PageQuery, readIdPage } from "@/region/services/id_page.ts";
import { mustFind } from "@/region/services/not_found.ts";
import { type Caller, requireRole } from "./caller.ts";
import { type UserView, viewUser } from "./user_view.ts";

/** Throws `not_found`. */
export async function getUser(
  ctx: RegionContext,
  caller: Caller,
  userId: number,
): Promise<UserView> {
  requireRole(caller, "admin");
  return await viewUser(ctx.db, mustFind(await findUser(ctx.db, userId), "user", userId));
}

/** A page in the order of their making; `nextCursor` is null on the last one. */
export async function listUsers(
  ctx: RegionContext,
  caller: Caller,
  query: UserFilter & PageQuery,
): Promise<{ users: UserView[]; nextCursor: string | null }> {
  requireRole(caller, "admin");
  const { rows, nextCursor } = await readIdPage(
    query,
    (page) => listUserRows(ctx.db, query, page),
  );
  const users = await Promise.all(rows.map((row) => viewUser(ctx.db, row)));
  return { users, nextCursor };
}

/** The caller's own. */
export async function getOwnUser(ctx: RegionContext, caller: Caller): Promise<UserView> {
  requireRole(caller, "viewer");
  const row = mustFind(await findUser(ctx.db, caller.userId), "user", caller.userId);
  return await viewUser(ctx.db, row);
}
