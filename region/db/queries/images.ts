import { and, desc, eq, isNull, notInArray, type SQL, sql } from "drizzle-orm";
import type { Db } from "../client.ts";
import { type ImageRow, images, type NewImage } from "../schema/images.ts";
import { sites } from "../schema/sites.ts";
import type { ListOrder, Slice } from "./keyset.ts";

export type { ImageFile, ImageRow } from "../schema/images.ts";

/** Undefined when there is none. */
export async function findImage(db: Db, id: string): Promise<ImageRow | undefined> {
  const [row] = await db.select().from(images).where(eq(images.id, id));
  return row;
}

export const IMAGE_ORDER: ListOrder = {
  columns: {
    createdAt: images.createdAt,
    title: images.title,
    os: images.os,
    release: images.release,
    architecture: images.architecture,
    version: images.version,
    id: images.id,
  },
  unique: ["id"],
  initial: [{ key: "createdAt", isDescending: true }],
};

export interface ImageFilter {
  readonly kind?: "os" | "bootloader";
  readonly os?: string;
  readonly architecture?: string;
}

export async function listImages(
  db: Db,
  { kind, os, architecture }: ImageFilter,
  { where, orderBy, limit }: Slice,
): Promise<ImageRow[]> {
  return await db.select().from(images).where(and(
    where,
    isNull(images.retiredAt),
    kind === undefined ? undefined : eq(images.kind, kind),
    os === undefined ? undefined : eq(images.os, os),
    architecture === undefined ? undefined : eq(images.architecture, architecture),
  )).orderBy(...orderBy).limit(limit);
}

/**
 * The operating system that came last for an architecture, of a release (`os/release`) where one is
 * given; undefined when there is none.
 */
export async function findNewestOsImage(
  db: Db,
  architecture: string,
  osRelease?: string,
  also?: SQL,
): Promise<ImageRow | undefined> {
  const isOfRelease = osRelease === undefined
    ? undefined
    : eq(sql`${images.os} || '/' || ${images.release}`, osRelease);
  const [row] = await db.select().from(images)
    .where(
      and(
        isNull(images.retiredAt),
        eq(images.kind, "os"),
        eq(images.architecture, architecture),
        isOfRelease,
        also,
      ),
    )
    .orderBy(desc(images.createdAt), desc(images.version), desc(images.id)).limit(1);
  return row;
}

/** The same, of those that can be started over the network. */
export async function findNewestBootable(
  db: Db,
  architecture: string,
  osRelease?: string,
): Promise<ImageRow | undefined> {
  return await findNewestOsImage(db, architecture, osRelease, BOOTABLE);
}

/** All three files of a system that runs from memory. */
const BOOTABLE =
  sql`${images.files} @> '[{"role":"kernel"},{"role":"initrd"},{"role":"squashfs"}]'`;

/** Adds a version of a product, or brings the one that is there up to date; its id stays. */
export async function upsertImage(db: Db, image: NewImage): Promise<ImageRow> {
  const { id: _id, product: _product, version: _version, createdAt: _createdAt, ...rest } = image;
  const [row] = await db.insert(images).values(image)
    .onConflictDoUpdate({ target: [images.product, images.version], set: rest }).returning();
  if (!row) throw new Error("an upsert returns its row");
  return row;
}

/** Of a source, those that are offered and not among `kept`: they are so no more. */
export async function retireOthers(
  db: Db,
  sourceId: string,
  { kept, at }: { kept: readonly string[]; at: Date },
): Promise<ImageRow[]> {
  return await db.update(images).set({ retiredAt: at }).where(and(
    eq(images.sourceId, sourceId),
    isNull(images.retiredAt),
    kept.length === 0 ? undefined : notInArray(images.id, [...kept]),
  )).returning();
}

/** Offers an image no more; undefined when that is so already. */
export async function retireImage(db: Db, id: string, at: Date): Promise<ImageRow | undefined> {
  const [row] = await db.update(images).set({ retiredAt: at })
    .where(and(eq(images.id, id), isNull(images.retiredAt))).returning();
  return row;
}

/** Marks every site's document as outdated, for images are in all of them; returns their ids. */
export async function bumpAllGenerations(db: Db): Promise<string[]> {
  const rows = await db.update(sites)
    .set({ wantedGeneration: sql`${sites.wantedGeneration} + 1` }).returning({ id: sites.id });
  return rows.map(({ id }) => id);
}
