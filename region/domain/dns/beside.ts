import { DomainError } from "@/shared/errors/domain_error.ts";
import type { RecordContent } from "./dns_record.ts";

/** The limit for one domain: what people write, not what machines add. */
export const RECORDS_MAX = 10_000;

/**
 * Throws `conflict` when a record cannot stand beside those that its name has: a CNAME stands alone
 * (RFC 1034 §3.6.2), and never at the domain itself, which has SOA and NS.
 *
 * `host`: the machine or device that the name belongs to, if it does.
 */
export function refuseBeside(
  record: RecordContent,
  others: readonly RecordContent[],
  { domain, host }: { domain: string; host: string | undefined },
): void {
  if (record.type !== "CNAME") {
    const alias = others.find(({ type }) => type === "CNAME");
    if (!alias) return;
    const message = `${record.name} is an alias of ${alias.data} already, and an alias has no ` +
      "other records; remove the CNAME, or put this at the name it points to";
    throw conflict("dns_record.beside_cname", record, message);
  }
  if (record.name === "@") {
    const message = `${domain} itself cannot be an alias, for it has other records (SOA, NS); ` +
      "write A and AAAA records instead";
    throw conflict("dns_record.cname_at_apex", record, message);
  }
  if (host !== undefined) {
    const message = `${record.name} is the name of ${host}, which has addresses; choose another ` +
      "name for the alias";
    throw conflict("dns_record.cname_at_host", record, message);
  }
  if (others.length === 0) return;
  const types = [...new Set(others.map(({ type }) => type))].join(", ");
  const message = `${record.name} has records already (${types}), and an alias stands alone; ` +
    "remove them first, or choose another name";
  throw conflict("dns_record.cname_not_alone", record, message);
}

function conflict(code: string, { name }: RecordContent, message: string): DomainError {
  return new DomainError({ kind: "conflict", code, field: "name", value: name, message });
}
