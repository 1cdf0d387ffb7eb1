import {
  and,
  asc,
  eq,
  gt,
  inArray,
  isNotNull,
  isNull,
  lt,
  lte,
  notExists,
  or,
  type SQL,
  sql,
} from "drizzle-orm";
import type { Db } from "../client.ts";
import {
  type NewNotification,
  notificationDismissals,
  type NotificationRow,
  notifications,
  sweeps,
} from "../schema/notifications.ts";
import type { IdPage } from "./networks.ts";

export {
  NOTIFICATION_CATEGORIES,
  type NotificationCategory,
  type NotificationRow,
} from "../schema/notifications.ts";

/** Who looks. */
export interface Reader {
  readonly userId: number;
  readonly isAdmin: boolean;
}

export interface NotificationFilter {
  readonly now: Date;
  /** Only what this reader shall see; absent: everybody's. */
  readonly reader?: Reader;
  /** Also what the reader has put away. */
  readonly withDismissed?: boolean;
}

/** Those that are not over, in the order of their making. */
export async function listNotifications(
  db: Db,
  { now, reader, withDismissed }: NotificationFilter,
  { afterId, limit }: IdPage,
): Promise<NotificationRow[]> {
  return await db.select().from(notifications).where(and(
    isNotOver(now),
    reader && isFor(reader),
    reader && !withDismissed ? notExists(dismissalOf(db, reader)) : undefined,
    afterId === undefined ? undefined : gt(notifications.id, afterId),
  )).orderBy(asc(notifications.id)).limit(limit);
}

/** Undefined when there is none, it is over, or it is for others than the reader. */
export async function findNotification(
  db: Db,
  id: number,
  { now, reader }: Omit<NotificationFilter, "withDismissed">,
): Promise<NotificationRow | undefined> {
  const [row] = await db.select().from(notifications)
    .where(and(eq(notifications.id, id), isNotOver(now), reader && isFor(reader)));
  return row;
}

/** Throws a violation of `notifications_user` when there is no such user. */
export async function insertNotification(
  db: Db,
  notification: NewNotification,
): Promise<NotificationRow> {
  const [row] = await db.insert(notifications).values(notification).returning();
  if (!row) throw new Error("an insert returns its row");
  return row;
}

/** What the region says of a condition: made, or brought up to date; whether it was made now. */
export async function putNotification(
  db: Db,
  notification: NewNotification & { ident: string },
): Promise<boolean> {
  const { category, message, context, expiresAt = null } = notification;
  const set = { category, message, context, expiresAt };
  const [row] = await db.insert(notifications).values(notification)
    .onConflictDoUpdate({ target: notifications.ident, set })
    // Of a row that was there before, the transaction that made it is not this one.
    .returning({ isNew: sql<boolean>`xmax = 0` });
  return row?.isNew ?? false;
}

/** Everything that the region said of conditions that it watches by itself. */
export async function listConditions(db: Db): Promise<NotificationRow[]> {
  return await db.select().from(notifications)
    .where(and(isNotNull(notifications.ident), isNull(notifications.expiresAt)))
    .orderBy(asc(notifications.id));
}

export async function deleteNotifications(db: Db, ids: readonly number[]): Promise<void> {
  if (ids.length > 0) await db.delete(notifications).where(inArray(notifications.id, [...ids]));
}

/** Removes what is over. */
export async function deleteNotificationsOver(db: Db, now: Date): Promise<void> {
  await db.delete(notifications).where(lte(notifications.expiresAt, now));
}

/** Again: no harm. */
export async function insertDismissal(tx: Db, notificationId: number, userId: number) {
  await tx.insert(notificationDismissals).values({ notificationId, userId }).onConflictDoNothing();
}

/** True for whoever asks first after `since`: so that one region does it, and not every few seconds. */
export async function takeSweep(
  db: Db,
  name: string,
  { now, since }: { now: Date; since: Date },
): Promise<boolean> {
  const rows = await db.insert(sweeps).values({ name, lastAt: now }).onConflictDoUpdate({
    target: sweeps.name,
    set: { lastAt: now },
    setWhere: lt(sweeps.lastAt, since),
  }).returning({ name: sweeps.name });
  return rows.length > 0;
}

function isNotOver(now: Date): SQL | undefined {
  return or(isNull(notifications.expiresAt), gt(notifications.expiresAt, now));
}

function isFor({ userId, isAdmin }: Reader): SQL | undefined {
  const isForRole = eq(isAdmin ? notifications.forAdmins : notifications.forUsers, true);
  return or(eq(notifications.userId, userId), and(isNull(notifications.userId), isForRole));
}

function dismissalOf(db: Db, { userId }: Reader) {
  return db.select({ id: notificationDismissals.notificationId }).from(notificationDismissals)
    .where(and(
      eq(notificationDismissals.notificationId, notifications.id),
      eq(notificationDismissals.userId, userId),
    ));
}
