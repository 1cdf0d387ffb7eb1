import {
  and,
  eq,
  exists,
  inArray,
  isNotNull,
  isNull,
  like,
  not,
  or,
  type SQL,
  sql,
} from "drizzle-orm";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { parseIpAddress } from "@/shared/net/ip_address.ts";
import type { MachineStatus } from "@/shared/machine/lifecycle.ts";
import type { Db } from "../client.ts";
import { dnsDomains } from "../schema/dns.ts";
import { interfaceLinks, interfaces } from "../schema/interfaces.ts";
import { ipAddresses } from "../schema/ip_addresses.ts";
import { type MachineRow, machines } from "../schema/machines.ts";
import { leases } from "../schema/subnets.ts";
import { machineTags, tags } from "../schema/tags.ts";
import { users } from "../schema/users.ts";
import { pools, zones } from "../schema/zones.ts";

/** What machines can be chosen by; of a list, any of its values. Absent: it does not matter. */
export interface MachineFilter {
  readonly systemId?: readonly string[];
  readonly siteId?: readonly string[];
  readonly status?: readonly MachineStatus[];
  /** By name, as the pool. */
  readonly zone?: readonly string[];
  readonly pool?: readonly string[];
  readonly domain?: readonly string[];
  /** Names: has each of these. */
  readonly tag?: readonly string[];
  /** Has at least one of these. */
  readonly anyTag?: readonly string[];
  /** Has none of these. */
  readonly notTag?: readonly string[];
  /** User names. */
  readonly owner?: readonly string[];
  readonly architecture?: readonly string[];
  readonly powerState?: readonly MachineRow["powerState"][];
  readonly hostnamePrefix?: string;
  /** Of any of its interfaces. */
  readonly mac?: readonly string[];
  /** In use by any of its interfaces. */
  readonly ip?: readonly string[];
  /** A piece of its name, system id, description or MACs, or the beginning of an address in use. */
  readonly q?: string;
  /** Only machines in these pools: what the caller may know of. */
  readonly poolIds?: readonly number[];
}

/**
 * The filter as conditions on `machines`, for one statement whatever it holds.
 *
 * Names are looked up inside the statement: a zone that there is not has no machines.
 */
export function machineConditions(db: Db, filter: MachineFilter): (SQL | undefined)[] {
  const { systemId, siteId, status, zone, pool, owner, architecture, powerState } = filter;
  const { hostnamePrefix, domain, q, poolIds } = filter;
  return [
    systemId && inArray(machines.systemId, [...systemId]),
    siteId && inArray(machines.siteId, [...siteId]),
    status && inArray(machines.status, [...status]),
    zone && inArray(
      machines.zoneId,
      db.select({ id: zones.id }).from(zones).where(inArray(zones.name, [...zone])),
    ),
    pool && inArray(
      machines.poolId,
      db.select({ id: pools.id }).from(pools).where(inArray(pools.name, [...pool])),
    ),
    domain && inArray(
      // Null: in the default one.
      sql`coalesce(${machines.domainId}, (select id from dns_domains where is_default))`,
      db.select({ id: dnsDomains.id }).from(dnsDomains)
        .where(inArray(dnsDomains.name, domain.map((name) => name.toLowerCase()))),
    ),
    poolIds && inArray(machines.poolId, [...poolIds]),
    owner && inArray(
      machines.ownerUserId,
      db.select({ id: users.id }).from(users).where(inArray(users.username, [...owner])),
    ),
    architecture && inArray(machines.architecture, [...architecture]),
    powerState && inArray(machines.powerState, [...powerState]),
    hostnamePrefix === undefined
      ? undefined
      : like(machines.hostname, `${literal(hostnamePrefix)}%`),
    ...tagConditions(db, filter),
    ...addressConditions(db, filter),
    q === undefined ? undefined : matches(db, q),
  ];
}

function tagConditions(db: Db, { tag, anyTag, notTag }: MachineFilter): (SQL | undefined)[] {
  const withAny = (names: readonly string[]) =>
    db.select({ id: machineTags.machineId }).from(machineTags)
      .innerJoin(tags, eq(tags.id, machineTags.tagId)).where(inArray(tags.name, [...names]));
  const hasAny = (names: readonly string[]) =>
    exists(
      db.select({ id: machineTags.tagId }).from(machineTags)
        .innerJoin(tags, eq(tags.id, machineTags.tagId))
        .where(and(eq(machineTags.machineId, machines.id), inArray(tags.name, [...names]))),
    );
  return [
    ...(tag ?? []).map((name) => inArray(machines.id, withAny([name]))),
    anyTag && inArray(machines.id, withAny(anyTag)),
    notTag && not(hasAny(notTag)),
  ];
}

function addressConditions(db: Db, { mac, ip }: MachineFilter): (SQL | undefined)[] {
  return [
    mac && inArray(
      machines.id,
      db.select({ id: interfaces.machineId }).from(interfaces)
        .where(inArray(interfaces.mac, [...mac])),
    ),
    ip && or(
      inArray(machines.id, holding(db, inArray(leases.ipv4, [...ip]))),
      inArray(machines.id, configuredWith(db, ip)),
    ),
  ];
}

/** As a subquery: the machines of which an interface has one of these addresses, up or not. */
function configuredWith(db: Db, ips: readonly string[]) {
  const links = db.select({ id: ipAddresses.linkId }).from(ipAddresses).where(and(
    isNotNull(ipAddresses.linkId),
    // What is no address is nobody's.
    sql`${ipAddresses.ip} = any (${sql.param(ips.filter(isIpAddress))}::inet[])`,
  ));
  return db.select({ id: interfaces.machineId }).from(interfaceLinks)
    .innerJoin(interfaces, eq(interfaces.id, interfaceLinks.interfaceId))
    .where(inArray(interfaceLinks.id, links));
}

function isIpAddress(text: string): boolean {
  try {
    parseIpAddress(text);
    return true;
  } catch (error) {
    if (error instanceof DomainError) return false;
    throw error;
  }
}

/** As a subquery: the machines with an open lease of which `condition` is true. */
function holding(db: Db, condition: SQL) {
  return db.select({ id: interfaces.machineId }).from(leases)
    .innerJoin(
      interfaces,
      and(
        eq(interfaces.siteId, leases.siteId),
        eq(interfaces.mac, leases.mac),
        sql`${interfaces.kind} = 'physical'`,
      ),
    )
    .where(and(isNull(leases.endedAt), condition));
}

/**
 * Most of a search is one column with an index of trigrams. What may be the beginning of an address
 * is also looked for among the leases; the array is made once, so both indexes can be used together.
 */
function matches(db: Db, q: string): SQL | undefined {
  const inText = like(machines.search, `%${literal(q.toLowerCase())}%`);
  if (!/^\d{1,3}\.[\d.]*$/.test(q)) return inText;
  const held = holding(db, like(leases.ipv4, `${literal(q)}%`));
  return or(inText, sql`${machines.id} = ANY (ARRAY(${held}))`);
}

/** LIKE's own characters as what they are. */
function literal(text: string): string {
  return text.replaceAll(/[\\%_]/g, "\\$&");
}
