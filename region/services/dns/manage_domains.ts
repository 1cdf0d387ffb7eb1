import type { RegionContext } from "@/region/context.ts";
import type { Db } from "@/region/db/client.ts";
import {
  bumpGenerationsOfDomain,
  clearDefaultDomain,
  countDomains,
  countRecords,
  deleteDomain as deleteRow,
  type DomainRow,
  findDomain,
  insertDomain,
  listDomains as listRows,
  listRecords,
  lockDomain,
  lockDomains,
  updateDomain as updateRow,
} from "@/region/db/queries/dns.ts";
import { RECORDS_MAX } from "@/region/domain/dns/beside.ts";
import { parseDomainName } from "@/region/domain/dns/dns_name.ts";
import { parseRecord, writtenData } from "@/region/domain/dns/dns_record.ts";
import { recordChange } from "@/region/services/audit/record_change.ts";
import { expectVersion } from "@/region/services/expect_version.ts";
import { type PageQuery, readIdPage } from "@/region/services/id_page.ts";
import { mustFind } from "@/region/services/not_found.ts";
import { refuseViolations } from "@/region/services/refuse_violations.ts";
import { ChangedMeanwhile, retryOnChange } from "@/region/services/retry_on_change.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { type Caller, requireRole } from "../identity/caller.ts";

const DOMAINS_MAX = 1_000;

export interface DomainInput {
  readonly name?: string;
  /** Seconds; null: the zone's own default. */
  readonly ttl?: number | null;
  readonly isAuthoritative?: boolean;
  /** True: whoever nobody put elsewhere is in it from now on. */
  readonly isDefault?: true;
  readonly description?: string;
}

/** A domain as people see it. */
export type DomainView = DomainRow & { readonly recordCount: number };

/** In the order of their making. */
export async function listDomains(
  ctx: RegionContext,
  caller: Caller,
  query: PageQuery,
): Promise<{ domains: DomainView[]; nextCursor: string | null }> {
  requireRole(caller, "viewer");
  const { rows, nextCursor } = await readIdPage(query, (page) => listRows(ctx.db, page));
  return { domains: await viewDomains(ctx.db, rows), nextCursor };
}

/** Throws `not_found`. */
export async function getDomain(
  ctx: RegionContext,
  caller: Caller,
  domainId: number,
): Promise<DomainView> {
  requireRole(caller, "viewer");
  return await viewDomain(
    ctx.db,
    mustFind(await findDomain(ctx.db, { id: domainId }), "domain", domainId),
  );
}

/** Throws `invalid_input` for a name that is none, `conflict` when there is such a domain. */
export async function createDomain(
  ctx: RegionContext,
  caller: Caller,
  input: DomainInput & { name: string },
): Promise<DomainView> {
  requireRole(caller, "admin");
  const name = parseDomainName(input.name);
  return await refuseViolations(nameTaken(name), () =>
    ctx.db.transaction(async (tx) => {
      await lockDomains(tx);
      if (await countDomains(tx) >= DOMAINS_MAX) throw tooMany();
      if (input.isDefault) await clearDefaultDomain(tx);
      const row = await insertDomain(tx, { ...input, name, createdAt: ctx.now() });
      const about = { id: row.id, name, after: auditView(row) };
      await recordChange(ctx, tx, caller, { action: "domain.create", ...about });
      return { ...row, recordCount: 0 };
    }));
}

/**
 * Changes a domain. Renamed, it takes the names in it along; what records point to stays as written.
 *
 * Throws `conflict` when there is a domain of that name.
 */
export async function updateDomain(
  ctx: RegionContext,
  caller: Caller,
  input: DomainInput & { domainId: number; ifVersion?: number },
): Promise<DomainView> {
  requireRole(caller, "admin");
  const { domainId: id, ifVersion, ...change } = input;
  const name = input.name === undefined ? undefined : parseDomainName(input.name);
  const attempt = () =>
    ctx.db.transaction(async (tx) => {
      await lockDomains(tx);
      const read = mustFind(await lockDomain(tx, id), "domain", id);
      expectVersion(read, ifVersion);
      if (name !== undefined && name !== read.name) await renameDomain(tx, id, name);
      const isNewDefault = input.isDefault && !read.isDefault;
      if (isNewDefault) await clearDefaultDomain(tx);
      const row = await updateRow(tx, read, { ...change, ...(name === undefined ? {} : { name }) });
      if (!row) throw new ChangedMeanwhile();
      const [before, after] = [auditView(read), auditView(row)];
      const about = { id, name: row.name, before, after };
      await recordChange(ctx, tx, caller, { action: "domain.update", ...about });
      return await viewDomain(tx, row);
    });
  return await refuseViolations(
    nameTaken(name ?? ""),
    () => retryOnChange(`domain ${id}`, attempt),
  );
}

/** Removes a domain with its records. Throws `conflict` for the default, and while it has hosts. */
export async function deleteDomain(
  ctx: RegionContext,
  caller: Caller,
  input: { domainId: number; ifVersion?: number },
): Promise<void> {
  requireRole(caller, "admin");
  const { domainId: id, ifVersion } = input;
  await refuseViolations(IN_USE, () =>
    ctx.db.transaction(async (tx) => {
      await lockDomains(tx);
      const read = mustFind(await lockDomain(tx, id), "domain", id);
      expectVersion(read, ifVersion);
      if (read.isDefault) throw isDefault(read.name);
      await deleteRow(tx, id);
      const { name } = read;
      const before = auditView(read);
      await recordChange(ctx, tx, caller, { action: "domain.delete", id, name, before });
    }));
}

/** The names of its records must fit behind the new one; the sites tell it to their machines. */
async function renameDomain(tx: Db, id: number, name: string): Promise<void> {
  for (const record of await listRecords(tx, { domainId: id }, { limit: RECORDS_MAX })) {
    parseRecord({ ...record, data: writtenData(record) }, name);
  }
  await bumpGenerationsOfDomain(tx, id);
}

async function viewDomain(db: Db, row: DomainRow): Promise<DomainView> {
  const [view] = await viewDomains(db, [row]);
  return mustFind(view, "domain", row.id);
}

async function viewDomains(db: Db, rows: readonly DomainRow[]): Promise<DomainView[]> {
  const counts = await countRecords(db, rows.map(({ id }) => id));
  return rows.map((row) => ({ ...row, recordCount: counts.get(row.id) ?? 0 }));
}

function auditView({ name, ttl, isAuthoritative, isDefault, description }: DomainRow) {
  return { name, ttl, isAuthoritative, isDefault, description };
}

function nameTaken(name: string) {
  const message = `there is a domain ${name} already; change that one`;
  return { dns_domains_name: { code: "domain.name_taken", message, field: "name" } };
}

const IN_USE = {
  machines_domain: {
    code: "domain.in_use",
    message: "machines are in this domain; put them into another one first (PATCH a machine's " +
      "domain; null is the default)",
  },
  devices_domain: {
    code: "domain.in_use",
    message: "devices are in this domain; put them into another one first (PATCH a device's " +
      "domain; null is the default)",
  },
};

function isDefault(name: string): DomainError {
  return new DomainError({
    kind: "conflict",
    code: "domain.is_default",
    message: `${name} is the default domain: whatever nobody places is in it. ` +
      "Make another one the default first (PATCH it with isDefault true), or rename this one",
  });
}

function tooMany(): DomainError {
  return new DomainError({
    kind: "conflict",
    code: "domain.too_many",
    message: `there are ${DOMAINS_MAX} domains already, which is the limit; remove one first`,
  });
}
