import type { RecordType } from "@/shared/net/dns_record_type.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { familyOf, type IpAddress } from "@/shared/net/ip_address.ts";
import { completeName } from "./dns_name.ts";
import { formatData, type RecordContent } from "./dns_record.ts";

/** Short, because machines move: what a name means may change with the next deploy. */
export const DEFAULT_TTL_SECONDS = 300;

/** A line of a zone; `ttl` null: the zone's. */
export type ZoneRecord = Omit<RecordContent, "type"> & {
  readonly type: RecordType | "PTR";
  readonly ttl: number | null;
};

/** A name below the domain and an address that whoever has the name is reached at. */
export interface HostAddress {
  readonly name: string;
  readonly address: IpAddress;
}

export interface Zone {
  /** Without the dot at the end. */
  readonly origin: string;
  readonly ttlSeconds: number;
  /** Complete names of those who answer for it; at least one. */
  readonly nameServers: readonly string[];
  /** The SOA's mailbox, a complete name: RFC 1035 §3.3.13. */
  readonly mailbox: string;
  readonly comments: readonly string[];
  /** In order, without SOA and the NS records of the origin. */
  readonly records: readonly ZoneRecord[];
}

/** Who answers for a zone of which nobody said it: the server that loads it, RFC 1912 §4.1. */
export const NO_NAME_SERVER = "localhost.";

/**
 * The zone of a domain: what people wrote, and the addresses of its hosts.
 *
 * A host's name at which there is an alias is left out with a comment. Throws `conflict` when a name
 * server has no address here, for no DNS server would load the zone.
 */
export function buildZone(
  domain: { name: string; ttl: number | null },
  records: readonly (RecordContent & { ttl: number | null })[],
  hosts: readonly HostAddress[],
): Zone {
  const aliases = new Set(records.flatMap(({ type, name }) => type === "CNAME" ? [name] : []));
  const left = [...new Set(hosts.map(({ name }) => name))].filter((name) => aliases.has(name));
  const all = [
    ...records,
    ...hosts.filter(({ name }) => !aliases.has(name)).map(recordOfHost),
  ];
  const isApexNs = ({ name, type }: ZoneRecord) => name === "@" && type === "NS";
  const ttlSeconds = domain.ttl ?? DEFAULT_TTL_SECONDS;
  const lines = sameTtls(distinct(all), ttlSeconds).toSorted(byName);
  refuseServersWithoutAddress(domain.name, lines);
  const nameServers = lines.filter(isApexNs).map(({ data }) => data);
  return {
    origin: domain.name,
    ttlSeconds,
    nameServers: nameServers.length > 0 ? nameServers : [NO_NAME_SERVER],
    mailbox: `hostmaster.${domain.name}.`,
    comments: [
      ...(nameServers.length > 0 ? [] : [
        "No NS record at @: only the server that loads this answers for it. Add one for others.",
      ]),
      ...left.sort().map((name) => `${name}: its addresses are left out, for there is a CNAME`),
    ],
    records: lines.filter((line) => !isApexNs(line)),
  };
}

// RFC 1912 §2.2, shorter where secondaries should follow sooner; the last is the negative TTL.
const SOA_SECONDS = "3600 600 604800 300";

/** The zone as a master file, RFC 1035 §5. `serial`: an unsigned 32-bit number that only rises. */
export function formatZone(zone: Zone, serial: number): string {
  const { origin, ttlSeconds, nameServers, mailbox, comments, records } = zone;
  return [
    ...comments.map((comment) => `; ${comment}`),
    `$ORIGIN ${origin}.`,
    `$TTL ${ttlSeconds}`,
    `@\tIN\tSOA\t${nameServers[0]} ${mailbox} ${serial} ${SOA_SECONDS}`,
    ...nameServers.map((name) => `@\tIN\tNS\t${name}`),
    ...records.map(formatLine),
    "",
  ].join("\n");
}

function formatLine({ name, ttl, type, data }: ZoneRecord): string {
  const text = type === "PTR" ? data : formatData({ type, data });
  return `${name}\t${ttl === null ? "" : `${ttl}\t`}IN\t${type}\t${text}`;
}

function recordOfHost({ name, address }: HostAddress): ZoneRecord & { readonly type: RecordType } {
  return { name, type: familyOf(address) === 6 ? "AAAA" : "A", data: address, ttl: null };
}

function keyOf({ name, type, data }: ZoneRecord): string {
  return `${name} ${type} ${data}`;
}

/** The first of equal ones, so that what a person wrote keeps its TTL. */
function distinct(records: readonly ZoneRecord[]): ZoneRecord[] {
  const byKey = new Map<string, ZoneRecord>();
  for (const record of records) {
    if (!byKey.has(keyOf(record))) byKey.set(keyOf(record), record);
  }
  return [...byKey.values()];
}

/** RFC 2181 §5.2: records of one name and type have one TTL; the shortest that was asked for. */
function sameTtls(records: readonly ZoneRecord[], ttlSeconds: number): ZoneRecord[] {
  const shortest = new Map<string, number>();
  for (const { name, type, ttl } of records) {
    const set = `${name} ${type}`;
    shortest.set(set, Math.min(shortest.get(set) ?? Infinity, ttl ?? ttlSeconds));
  }
  return records.map((record) => {
    const ttl = shortest.get(`${record.name} ${record.type}`) ?? ttlSeconds;
    return { ...record, ttl: ttl === ttlSeconds ? null : ttl };
  });
}

/** The domain itself first, then by name; plain code points, the same everywhere. */
function byName(a: ZoneRecord, b: ZoneRecord): number {
  const [left, right] = [a, b].map((each) => each.name === "@" ? "" : keyOf(each));
  if (left === right) return compare(keyOf(a), keyOf(b));
  return compare(left ?? "", right ?? "");
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function refuseServersWithoutAddress(domain: string, records: readonly ZoneRecord[]): void {
  const reachable = new Set(
    records.filter(({ type }) => type === "A" || type === "AAAA")
      .map(({ name }) => `${completeName(name, domain)}.`),
  );
  const lost = records.filter(({ type, data }) =>
    type === "NS" && isBelow(data, domain) && !reachable.has(data)
  );
  if (lost.length === 0) return;
  const names = [...new Set(lost.map(({ data }) => data))];
  throw new DomainError({
    kind: "conflict",
    code: "zone.name_server_without_address",
    value: names.join(", ").slice(0, 200),
    accepted: "an A or AAAA record for each",
    message: `no DNS server would load this zone: NS records name ${names.join(", ")}, which ` +
      "lies in it and has no address; add an A or AAAA record there, or remove the NS record",
  });
}

function isBelow(name: string, domain: string): boolean {
  return name === `${domain}.` || name.endsWith(`.${domain}.`);
}
