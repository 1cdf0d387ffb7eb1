import { and, asc, isNull, sql } from "drizzle-orm";
import type { Db } from "../client.ts";
import { imageSigningKeys } from "../schema/boot_sources.ts";
import { type ImageRow, images } from "../schema/images.ts";

export type ImageSigningKeyRow = typeof imageSigningKeys.$inferSelect;

/** Undefined before there is one. */
export async function findImageSigningKey(db: Db): Promise<ImageSigningKeyRow | undefined> {
  const [row] = await db.select().from(imageSigningKeys);
  return row;
}

/** Keeps the one that is there, if there is one: of two that make one at once, one wins. */
export async function insertImageSigningKey(
  db: Db,
  key: Omit<ImageSigningKeyRow, "id">,
): Promise<void> {
  await db.insert(imageSigningKeys).values({ ...key, id: 1 }).onConflictDoNothing();
}

/** Everything that is offered, in an order that does not change. */
export async function listOfferedImages(db: Db): Promise<ImageRow[]> {
  return await db.select().from(images).where(isNull(images.retiredAt))
    .orderBy(asc(images.product), asc(images.version));
}

/** Whether a file belongs to an image that is offered. */
export async function isFileOffered(db: Db, sha256: string): Promise<boolean> {
  const named = JSON.stringify([{ sha256 }]);
  const [row] = await db.select({ id: images.id }).from(images)
    .where(and(isNull(images.retiredAt), sql`${images.files} @> ${named}::jsonb`)).limit(1);
  return row !== undefined;
}
