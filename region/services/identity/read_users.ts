import type { RegionContext } from "@/region/context.ts";
import { findUser, listUsers as listUserRows, type UserFilter } from "@/region/db/queries/users.ts";
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
  query: UserFilter & { limit: number },
): Promise<{ users: UserView[]; nextCursor: string | null }> {
  requireRole(caller, "admin");
  const { limit, ...filter } = query;
  const rows = await listUserRows(ctx.db, filter, limit + 1);
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return {
    users: await Promise.all(page.map((row) => viewUser(ctx.db, row))),
    nextCursor: rows.length > limit && last ? String(last.id) : null,
  };
}

/** The caller's own. */
export async function getOwnUser(ctx: RegionContext, caller: Caller): Promise<UserView> {
  requireRole(caller, "viewer");
  const row = mustFind(await findUser(ctx.db, caller.userId), "user", caller.userId);
  return await viewUser(ctx.db, row);
}
