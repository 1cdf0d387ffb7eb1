import {
  and,
  asc,
  count,
  desc,
  eq,
  gt,
  gte,
  isNotNull,
  isNull,
  lt,
  lte,
  max,
  sql,
} from "drizzle-orm";
import type { Db } from "../client.ts";
import {
  auditEntries,
  type AuditRow,
  type AuditSealRow,
  auditSeals,
  type NewAuditEntry,
} from "../schema/audit.ts";

export type { AuditRow, AuditSealRow, NewAuditEntry } from "../schema/audit.ts";

/** PostgreSQL takes 65,535 parameters a statement. */
const ENTRIES_PER_INSERT = 1000;

export async function insertAuditEntries(
  db: Db,
  entries: readonly NewAuditEntry[],
): Promise<void> {
  for (let i = 0; i < entries.length; i += ENTRIES_PER_INSERT) {
    await db.insert(auditEntries).values(entries.slice(i, i + ENTRIES_PER_INSERT));
  }
}

export interface AuditFilter {
  readonly kind?: string;
  readonly objectId?: string;
  readonly action?: string;
  readonly userId?: number;
  readonly since?: Date;
  readonly until?: Date;
  /** Only entries with a smaller number: the last one of the page before. */
  readonly beforeId?: number;
}

/** Newest first. */
export async function listAuditEntries(
  db: Db,
  filter: AuditFilter,
  limit: number,
): Promise<AuditRow[]> {
  const { kind, objectId, action, userId, since, until, beforeId } = filter;
  return await db.select().from(auditEntries)
    .where(and(
      kind === undefined ? undefined : eq(auditEntries.kind, kind),
      objectId === undefined ? undefined : eq(auditEntries.objectId, objectId),
      action === undefined ? undefined : eq(auditEntries.action, action),
      userId === undefined ? undefined : eq(auditEntries.userId, userId),
      since === undefined ? undefined : gte(auditEntries.at, since),
      until === undefined ? undefined : lt(auditEntries.at, until),
      beforeId === undefined ? undefined : lt(auditEntries.id, beforeId),
    ))
    .orderBy(desc(auditEntries.id)).limit(limit);
}

/** Any constant does, as long as nothing else locks by it. */
const CHAIN_LOCK = 5240_0041;

/** Whoever extends or cuts the chain waits for the other, until the transaction ends. */
export async function lockChain(tx: Db): Promise<void> {
  await tx.execute(sql`SELECT pg_advisory_xact_lock(${CHAIN_LOCK})`);
}

/** In the order of their numbers. */
export async function listUnsealed(tx: Db, limit: number): Promise<AuditRow[]> {
  return await tx.select().from(auditEntries).where(isNull(auditEntries.position))
    .orderBy(asc(auditEntries.id)).limit(limit);
}

export async function countUnsealed(db: Db): Promise<number> {
  const [row] = await db.select({ count: count() }).from(auditEntries)
    .where(isNull(auditEntries.position));
  return row?.count ?? 0;
}

/** All of them in one statement. */
export async function setPositions(
  tx: Db,
  links: readonly { id: number; position: number; hash: string }[],
): Promise<void> {
  const rows = sql.join(
    links.map(({ id, position, hash }) => sql`(${id}::bigint, ${position}::bigint, ${hash}::text)`),
    sql`, `,
  );
  await tx.execute(sql`UPDATE audit_entries SET position = link.position, hash = link.hash
    FROM (VALUES ${rows}) AS link (id, position, hash) WHERE audit_entries.id = link.id`);
}

/** Sealed entries behind a position, in the order of the chain. */
export async function listSealed(
  db: Db,
  afterPosition: number,
  limit: number,
): Promise<AuditRow[]> {
  return await db.select().from(auditEntries)
    .where(and(isNotNull(auditEntries.position), gt(auditEntries.position, afterPosition)))
    .orderBy(asc(auditEntries.position)).limit(limit);
}

/** The seals at these positions and between, in their order. */
export async function listSeals(
  db: Db,
  between: { first: number; last: number },
): Promise<AuditSealRow[]> {
  return await db.select().from(auditSeals)
    .where(and(gte(auditSeals.position, between.first), lte(auditSeals.position, between.last)))
    .orderBy(asc(auditSeals.position));
}

/** The newest seal; undefined before the first. */
export async function findLastSeal(db: Db): Promise<AuditSealRow | undefined> {
  const [row] = await db.select().from(auditSeals).orderBy(desc(auditSeals.position)).limit(1);
  return row;
}

/** Behind which the chain begins; undefined: nothing was ever removed. */
export async function findBase(db: Db): Promise<AuditSealRow | undefined> {
  const [row] = await db.select().from(auditSeals).where(eq(auditSeals.isBase, true))
    .orderBy(desc(auditSeals.position)).limit(1);
  return row;
}

/** Replaces the seal that stands there. */
export async function putSeal(tx: Db, seal: AuditSealRow): Promise<void> {
  const { position: _, ...set } = seal;
  await tx.insert(auditSeals).values(seal)
    .onConflictDoUpdate({ target: auditSeals.position, set });
}

/** The last seal all of whose entries are older than this; undefined when there is none. */
export async function findSealBefore(
  db: Db,
  before: Date,
  entriesMax: number,
): Promise<AuditSealRow | undefined> {
  const base = (await findBase(db))?.position ?? 0;
  const [young] = await db.select({ position: sql<string | null>`min(${auditEntries.position})` })
    .from(auditEntries).where(gte(auditEntries.at, before));
  const [oldest] = await db.select({ position: max(auditEntries.position) }).from(auditEntries)
    .where(lt(auditEntries.at, before));
  const end = Math.min(
    young?.position ? Number(young.position) - 1 : oldest?.position ?? 0,
    base + entriesMax,
  );
  const [row] = await db.select().from(auditSeals)
    .where(and(gt(auditSeals.position, base), lte(auditSeals.position, end)))
    .orderBy(desc(auditSeals.position)).limit(1);
  return row;
}

/** Removes entries and seals up to a position, but for the seal that stands there. */
export async function deleteChainUpTo(tx: Db, position: number): Promise<number> {
  const rows = await tx.delete(auditEntries).where(lte(auditEntries.position, position))
    .returning({ id: auditEntries.id });
  await tx.delete(auditSeals).where(lt(auditSeals.position, position));
  return rows.length;
}
