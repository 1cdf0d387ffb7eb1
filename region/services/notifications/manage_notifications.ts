import type { RegionContext } from "@/region/context.ts";
import { insertEvent } from "@/region/db/queries/events.ts";
import {
  deleteNotifications,
  findNotification,
  insertDismissal,
  insertNotification,
  listNotifications as listRows,
  type NotificationCategory,
  type NotificationRow,
  type Reader,
} from "@/region/db/queries/notifications.ts";
import { recordChange } from "@/region/services/audit/record_change.ts";
import { type PageQuery, readIdPage } from "@/region/services/id_page.ts";
import { mustFind } from "@/region/services/not_found.ts";
import { refuseViolations } from "@/region/services/refuse_violations.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { type Caller, requireRole } from "../identity/caller.ts";

export interface NotificationInput {
  readonly category: NotificationCategory;
  readonly message: string;
  readonly context?: Readonly<Record<string, string | number>>;
  readonly forAdmins?: boolean;
  /** Operators and viewers. */
  readonly forUsers?: boolean;
  /** One person, and nobody else. */
  readonly userId?: number;
  readonly isDismissable?: boolean;
  readonly expiresAt?: Date;
}

/** What the caller shall see; `isEverybodys`: all there are, for admins. */
export async function listNotifications(
  ctx: RegionContext,
  caller: Caller,
  query: PageQuery & { isEverybodys: boolean; withDismissed: boolean },
): Promise<{ rows: NotificationRow[]; nextCursor: string | null }> {
  requireRole(caller, query.isEverybodys ? "admin" : "viewer");
  const reader = query.isEverybodys ? undefined : readerOf(caller);
  const filter = { now: ctx.now(), reader, withDismissed: query.withDismissed };
  return await readIdPage(query, (page) => listRows(ctx.db, filter, page));
}

/** Throws `not_found`, also for what is for others; admins may see all. */
export async function getNotification(
  ctx: RegionContext,
  caller: Caller,
  id: number,
): Promise<NotificationRow> {
  requireRole(caller, "viewer");
  const reader = caller.role === "admin" ? undefined : readerOf(caller);
  const row = await findNotification(ctx.db, id, { now: ctx.now(), reader });
  return mustFind(row, "notification", id);
}

/** Says something to people. Throws `invalid_input` when it is for nobody, or for nobody there is. */
export async function createNotification(
  ctx: RegionContext,
  caller: Caller,
  input: NotificationInput,
): Promise<NotificationRow> {
  requireRole(caller, "admin");
  const { forAdmins = false, forUsers = false, userId } = input;
  if ([forAdmins || forUsers, userId !== undefined].filter(Boolean).length !== 1) throw forWhom();
  return await refuseViolations(
    { notifications_user: noSuchUser },
    () =>
      ctx.db.transaction(async (tx) => {
        const row = await insertNotification(tx, {
          ...input,
          context: input.context ?? {},
          forAdmins,
          forUsers,
          isDismissable: input.isDismissable ?? true,
          createdAt: ctx.now(),
        });
        // What it says is not everybody's to read; whoever follows the feed looks for themselves.
        await insertEvent(tx, {
          at: ctx.now(),
          level: "info",
          code: "notification.created",
          message: `${caller.username} wrote a message`,
        });
        await recordChange(ctx, tx, caller, {
          action: "notification.create",
          id: row.id,
          after: auditViewOf(row),
        });
        return row;
      }),
  );
}

/** Throws `not_found`; `conflict` for what the region says of a condition: that ends by itself. */
export async function removeNotification(
  ctx: RegionContext,
  caller: Caller,
  id: number,
): Promise<void> {
  requireRole(caller, "admin");
  await ctx.db.transaction(async (tx) => {
    const found = await findNotification(tx, id, { now: ctx.now() });
    const row = mustFind(found, "notification", id);
    if (row.ident !== null) throw endsByItself(row);
    await deleteNotifications(tx, [id]);
    const before = auditViewOf(row);
    await recordChange(ctx, tx, caller, { action: "notification.delete", id, before });
  });
}

/** The caller has read it. Throws `not_found`, also for what is for others. */
export async function dismissNotification(
  ctx: RegionContext,
  caller: Caller,
  id: number,
): Promise<void> {
  requireRole(caller, "viewer");
  await ctx.db.transaction(async (tx) => {
    const found = await findNotification(tx, id, { now: ctx.now(), reader: readerOf(caller) });
    const row = mustFind(found, "notification", id);
    if (!row.isDismissable) throw notDismissable();
    await insertDismissal(tx, id, caller.userId);
    await recordChange(ctx, tx, caller, { action: "notification.dismiss", id });
  });
}

function readerOf({ userId, role }: Caller): Reader {
  return { userId, isAdmin: role === "admin" };
}

function auditViewOf({ category, message, forAdmins, forUsers, userId }: NotificationRow) {
  return { category, message, forAdmins, forUsers, userId };
}

const noSuchUser = {
  code: "notification.no_such_user",
  message: "there is no such user",
  field: "userId",
};

function forWhom(): DomainError {
  return new DomainError({
    kind: "invalid_input",
    code: "notification.for_whom",
    field: "userId",
    accepted: "forAdmins and forUsers, one or both, or a userId",
    message: "say for whom it is: either for admins, for users or for both, or for one person",
  });
}

function endsByItself({ ident }: NotificationRow): DomainError {
  return new DomainError({
    kind: "conflict",
    code: "notification.of_condition",
    value: ident ?? "",
    message: "the region says this for as long as it is so; do what it says, or dismiss it for " +
      "yourself",
  });
}

function notDismissable(): DomainError {
  return new DomainError({
    kind: "conflict",
    code: "notification.not_dismissable",
    message: "this one stays until an admin removes it",
  });
}
