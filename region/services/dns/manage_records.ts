import type { RegionContext } from "@/region/context.ts";
import type { Db } from "@/region/db/client.ts";
import {
  countRecords,
  deleteRecord as deleteRow,
  type DomainRow,
  findDomain,
  findHostNamed,
  findRecord,
  insertRecord,
  listBeside,
  listRecords as listRows,
  lockDomain,
  type RecordRow,
  updateRecord as updateRow,
} from "@/region/db/queries/dns.ts";
import { RECORDS_MAX, refuseBeside } from "@/region/domain/dns/beside.ts";
import { completeName } from "@/region/domain/dns/dns_name.ts";
import { parseRecord, type RecordContent, writtenData } from "@/region/domain/dns/dns_record.ts";
import { recordChange } from "@/region/services/audit/record_change.ts";
import { expectVersion } from "@/region/services/expect_version.ts";
import { type PageQuery, readIdPage } from "@/region/services/id_page.ts";
import { mustFind } from "@/region/services/not_found.ts";
import { refuseViolations } from "@/region/services/refuse_violations.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { type Caller, requireRole } from "../identity/caller.ts";

/** A record as people see it. */
export type RecordView = RecordRow & { readonly fqdn: string };

/** Of one domain, in the order of their making. Throws `not_found`. */
export async function listRecords(
  ctx: RegionContext,
  caller: Caller,
  query: PageQuery & { domainId: number; name?: string; type?: RecordRow["type"] },
): Promise<{ records: RecordView[]; nextCursor: string | null }> {
  requireRole(caller, "viewer");
  const domain = mustFind(
    await findDomain(ctx.db, { id: query.domainId }),
    "domain",
    query.domainId,
  );
  const filter = { ...query, name: query.name?.toLowerCase() };
  const { rows, nextCursor } = await readIdPage(query, (page) => listRows(ctx.db, filter, page));
  return { records: rows.map((row) => viewRecord(row, domain)), nextCursor };
}

/** Which record. */
interface RecordId {
  readonly domainId: number;
  readonly recordId: number;
}

/** Throws `not_found`. */
export async function getRecord(
  ctx: RegionContext,
  caller: Caller,
  id: RecordId,
): Promise<RecordView> {
  requireRole(caller, "viewer");
  const domain = mustFind(await findDomain(ctx.db, { id: id.domainId }), "domain", id.domainId);
  return viewRecord(await mustFindRecord(ctx.db, id), domain);
}

/** Throws `invalid_input` for what its type does not take, `conflict` beside or in place of a CNAME. */
export async function createRecord(
  ctx: RegionContext,
  caller: Caller,
  input: RecordContent & { domainId: number; ttl?: number | null },
): Promise<RecordView> {
  requireRole(caller, "admin");
  const { domainId, ttl } = input;
  return await refuseViolations(SAME, () =>
    ctx.db.transaction(async (tx) => {
      const domain = mustFind(await lockDomain(tx, domainId), "domain", domainId);
      const record = parseRecord(input, domain.name);
      await refuseTooMany(tx, domain);
      await checkBeside(tx, domain, record);
      const row = await insertRecord(tx, { domainId, ...record, ttl, createdAt: ctx.now() });
      const after = viewRecord(row, domain);
      const about = { id: row.id, name: spell(after), after };
      await recordChange(ctx, tx, caller, { action: "dns_record.create", ...about });
      return after;
    }));
}

/** Changes what a record says; its type stays. Throws as `createRecord` does. */
export async function updateRecord(
  ctx: RegionContext,
  caller: Caller,
  input: RecordId & { ifVersion?: number; name?: string; data?: string; ttl?: number | null },
): Promise<RecordView> {
  requireRole(caller, "admin");
  const { domainId, ifVersion, name, data, ttl } = input;
  return await refuseViolations(SAME, () =>
    ctx.db.transaction(async (tx) => {
      const domain = mustFind(await lockDomain(tx, domainId), "domain", domainId);
      const read = await mustFindRecord(tx, input);
      expectVersion(read, ifVersion);
      const wanted = { type: read.type, name: name ?? read.name, data: data ?? writtenData(read) };
      const record = parseRecord(wanted, domain.name);
      await checkBeside(tx, domain, { ...record, id: read.id });
      const change = { name: record.name, data: record.data, ttl };
      const row = mustFind(await updateRow(tx, read.id, change), "dns_record", read.id);
      const [before, after] = [viewRecord(read, domain), viewRecord(row, domain)];
      const about = { id: row.id, name: spell(after), before, after };
      await recordChange(ctx, tx, caller, { action: "dns_record.update", ...about });
      return after;
    }));
}

/** Throws `not_found`. */
export async function deleteRecord(
  ctx: RegionContext,
  caller: Caller,
  input: RecordId & { ifVersion?: number },
): Promise<void> {
  requireRole(caller, "admin");
  await ctx.db.transaction(async (tx) => {
    const { domainId, ifVersion } = input;
    const domain = mustFind(await lockDomain(tx, domainId), "domain", domainId);
    const read = await mustFindRecord(tx, input);
    expectVersion(read, ifVersion);
    await deleteRow(tx, read.id);
    const before = viewRecord(read, domain);
    const about = { id: read.id, name: spell(before), before };
    await recordChange(ctx, tx, caller, { action: "dns_record.delete", ...about });
  });
}

async function mustFindRecord(db: Db, { domainId, recordId: id }: RecordId): Promise<RecordRow> {
  return mustFind(await findRecord(db, { domainId, id }), "dns_record", id);
}

async function checkBeside(
  tx: Db,
  domain: DomainRow,
  record: RecordContent & { id?: number },
): Promise<void> {
  const others = await listBeside(tx, { domainId: domain.id, ...record });
  const host = record.type === "CNAME" ? await findHostNamed(tx, domain, record.name) : undefined;
  refuseBeside(record, others, { domain: domain.name, host });
}

async function refuseTooMany(tx: Db, domain: DomainRow): Promise<void> {
  const count = (await countRecords(tx, [domain.id])).get(domain.id) ?? 0;
  if (count < RECORDS_MAX) return;
  throw new DomainError({
    kind: "conflict",
    code: "dns_record.too_many",
    message:
      `${domain.name} has ${RECORDS_MAX} records, which is the limit; remove some, or make ` +
      "a domain below it",
  });
}

function viewRecord(row: RecordRow, domain: DomainRow): RecordView {
  return { ...row, data: writtenData(row), fqdn: completeName(row.name, domain.name) };
}

function spell({ fqdn, type }: RecordView): string {
  return `${fqdn} ${type}`;
}

const SAME = {
  dns_records_same: {
    code: "dns_record.there_already",
    message: "there is the same record already: same name, type and data",
    field: "data",
  },
};
