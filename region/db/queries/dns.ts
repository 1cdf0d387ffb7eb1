import { and, asc, count, eq, gt, inArray, ne, sql } from "drizzle-orm";
import type { Db } from "../client.ts";
import { devices } from "../schema/devices.ts";
import {
  dnsDomains,
  dnsRecords,
  type DomainRow,
  type NewDomain,
  type NewRecord,
  type RecordRow,
} from "../schema/dns.ts";
import { machines } from "../schema/machines.ts";
import { sites } from "../schema/sites.ts";

export type { DomainRow, RecordRow } from "../schema/dns.ts";

/** Undefined when there is none. */
export async function findDomain(
  db: Db,
  by: { id: number } | { name: string } | "default",
): Promise<DomainRow | undefined> {
  const condition = by === "default"
    ? eq(dnsDomains.isDefault, true)
    : "id" in by
    ? eq(dnsDomains.id, by.id)
    : eq(dnsDomains.name, by.name);
  const [row] = await db.select().from(dnsDomains).where(condition);
  return row;
}

/** As `findDomain`; nobody else changes it or its records until the transaction ends. */
export async function lockDomain(tx: Db, id: number): Promise<DomainRow | undefined> {
  const [row] = await tx.select().from(dnsDomains).where(eq(dnsDomains.id, id)).for(
    "no key update",
  );
  return row;
}

/** One after the other: whoever makes or removes domains, or says which is the default. */
export async function lockDomains(tx: Db): Promise<void> {
  await tx.execute(sql`LOCK TABLE dns_domains IN SHARE ROW EXCLUSIVE MODE`);
}

export async function countDomains(db: Db): Promise<number> {
  const [row] = await db.select({ count: count() }).from(dnsDomains);
  return row?.count ?? 0;
}

/** In the order of their making. */
export async function listDomains(
  db: Db,
  { afterId, limit }: { afterId?: number; limit: number },
): Promise<DomainRow[]> {
  return await db.select().from(dnsDomains)
    .where(afterId === undefined ? undefined : gt(dnsDomains.id, afterId))
    .orderBy(asc(dnsDomains.id)).limit(limit);
}

/** The names of these domains, and of the default one under null. */
export async function listDomainNames(
  db: Db,
  ids: readonly (number | null)[],
): Promise<Map<number | null, string>> {
  const wanted = [...new Set(ids)].filter((id) => id !== null);
  const rows = await db.select({
    id: dnsDomains.id,
    name: dnsDomains.name,
    isDefault: dnsDomains.isDefault,
  }).from(dnsDomains).where(sql`${dnsDomains.isDefault} or ${inArray(dnsDomains.id, wanted)}`);
  const fallback = rows.find(({ isDefault }) => isDefault);
  const names = new Map<number | null, string>(rows.map(({ id, name }) => [id, name]));
  return fallback ? names.set(null, fallback.name) : names;
}

/** Throws a violation of `dns_domains_name` when the name is taken. */
export async function insertDomain(db: Db, domain: NewDomain): Promise<DomainRow> {
  const [row] = await db.insert(dnsDomains).values(domain).returning();
  if (!row) throw new Error("an insert returns its row");
  return row;
}

export type DomainChange = Partial<
  Pick<DomainRow, "name" | "ttl" | "isAuthoritative" | "isDefault" | "description">
>;

/** Changes a domain if nobody wrote it since `read`; undefined if somebody did. */
export async function updateDomain(
  db: Db,
  read: Pick<DomainRow, "id" | "version">,
  change: DomainChange,
): Promise<DomainRow | undefined> {
  const [row] = await db.update(dnsDomains)
    .set({ ...change, version: sql`${dnsDomains.version} + 1` })
    .where(and(eq(dnsDomains.id, read.id), eq(dnsDomains.version, read.version))).returning();
  return row;
}

/** Whichever is the default no longer is; another must become it in the same transaction. */
export async function clearDefaultDomain(tx: Db): Promise<void> {
  await tx.update(dnsDomains)
    .set({ isDefault: false, version: sql`${dnsDomains.version} + 1` })
    .where(eq(dnsDomains.isDefault, true));
}

/** Its records go with it. Throws a violation of `machines_domain` or `devices_domain`. */
export async function deleteDomain(tx: Db, id: number): Promise<void> {
  await tx.delete(dnsDomains).where(eq(dnsDomains.id, id));
}

/** Marks the documents outdated of all sites with a machine that was put into this domain. */
export async function bumpGenerationsOfDomain(tx: Db, domainId: number): Promise<void> {
  const affected = tx.select({ id: machines.siteId }).from(machines)
    .where(eq(machines.domainId, domainId));
  await tx.update(sites).set({ wantedGeneration: sql`${sites.wantedGeneration} + 1` })
    .where(inArray(sites.id, affected));
}

/** A machine or device of this name in the domain, as people call it; undefined: there is none. */
export async function findHostNamed(
  db: Db,
  domain: Pick<DomainRow, "id" | "isDefault">,
  hostname: string,
): Promise<string | undefined> {
  for (const [kind, table] of [["machine", machines], ["device", devices]] as const) {
    const isIn = domain.isDefault
      ? sql`(${table.domainId} = ${domain.id} or ${table.domainId} is null)`
      : eq(table.domainId, domain.id);
    const [row] = await db.select({ systemId: table.systemId }).from(table)
      .where(and(eq(table.hostname, hostname), isIn)).limit(1);
    if (row) return `${kind} ${row.systemId}`;
  }
  return undefined;
}

/** Of one domain, in the order of their making. */
export async function listRecords(
  db: Db,
  { domainId, name, type }: { domainId: number } & Partial<Pick<RecordRow, "name" | "type">>,
  { afterId, limit }: { afterId?: number; limit: number },
): Promise<RecordRow[]> {
  return await db.select().from(dnsRecords).where(and(
    eq(dnsRecords.domainId, domainId),
    name === undefined ? undefined : eq(dnsRecords.name, name),
    type === undefined ? undefined : eq(dnsRecords.type, type),
    afterId === undefined ? undefined : gt(dnsRecords.id, afterId),
  )).orderBy(asc(dnsRecords.id)).limit(limit);
}

/** All addresses that people wrote into domains whose zones the region makes. */
export async function listAddressRecords(
  db: Db,
): Promise<{ name: string; data: string; domain: string }[]> {
  return await db.select({
    name: dnsRecords.name,
    data: dnsRecords.data,
    domain: dnsDomains.name,
  }).from(dnsRecords).innerJoin(dnsDomains, eq(dnsDomains.id, dnsRecords.domainId))
    .where(and(eq(dnsDomains.isAuthoritative, true), inArray(dnsRecords.type, ["A", "AAAA"])))
    .orderBy(asc(dnsRecords.id));
}

export async function countRecords(
  db: Db,
  domainIds: readonly number[],
): Promise<Map<number, number>> {
  if (domainIds.length === 0) return new Map();
  const rows = await db.select({ id: dnsRecords.domainId, count: count() }).from(dnsRecords)
    .where(inArray(dnsRecords.domainId, [...domainIds])).groupBy(dnsRecords.domainId);
  return new Map(rows.map((row) => [row.id, row.count]));
}

/** Undefined when the domain has none of this number. */
export async function findRecord(
  db: Db,
  { domainId, id }: { domainId: number; id: number },
): Promise<RecordRow | undefined> {
  const [row] = await db.select().from(dnsRecords)
    .where(and(eq(dnsRecords.id, id), eq(dnsRecords.domainId, domainId)));
  return row;
}

/** Those of the same name, but for the one itself. */
export async function listBeside(
  db: Db,
  { domainId, name, id }: { domainId: number; name: string; id?: number },
): Promise<RecordRow[]> {
  return await db.select().from(dnsRecords).where(and(
    eq(dnsRecords.domainId, domainId),
    eq(dnsRecords.name, name),
    id === undefined ? undefined : ne(dnsRecords.id, id),
  ));
}

/** Throws a violation of `dns_records_same` when there is the same already. */
export async function insertRecord(db: Db, record: NewRecord): Promise<RecordRow> {
  const [row] = await db.insert(dnsRecords).values(record).returning();
  if (!row) throw new Error("an insert returns its row");
  return row;
}

/** Throws a violation of `dns_records_same` when there is the same already. */
export async function updateRecord(
  db: Db,
  id: number,
  change: Partial<Pick<RecordRow, "name" | "data" | "ttl">>,
): Promise<RecordRow | undefined> {
  const [row] = await db.update(dnsRecords)
    .set({ ...change, version: sql`${dnsRecords.version} + 1` })
    .where(eq(dnsRecords.id, id)).returning();
  return row;
}

export async function deleteRecord(db: Db, id: number): Promise<void> {
  await db.delete(dnsRecords).where(eq(dnsRecords.id, id));
}
