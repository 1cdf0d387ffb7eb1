import { sql } from "drizzle-orm";
import { type IpAddress, parseIpAddress } from "@/shared/net/ip_address.ts";
import type { Db } from "../client.ts";
import type { IpAddressKind } from "../schema/ip_addresses.ts";

/** How many addresses of a subnet are promised or in use. */
export interface SubnetUse {
  readonly reservations: number;
  readonly user: number;
  /** Of machines' interfaces, for good and for the time of a deploy. */
  readonly static: number;
  readonly auto: number;
  readonly leases: number;
  /** Promised, in use, or both. */
  readonly distinct: number;
}

/** One statement. */
export async function countSubnetUse(db: Db, subnetId: number): Promise<SubnetUse> {
  const { rows } = await db.execute(sql`
    with promised as (select ip, kind from ip_addresses where subnet_id = ${subnetId}),
    used as (
      select ipv4::inet as ip from leases where subnet_id = ${subnetId} and ended_at is null
    )
    select
      (select count(*)::int from promised where kind = 'reservation') as reservations,
      (select count(*)::int from promised where kind = 'user') as "user",
      (select count(*)::int from promised where kind = 'static') as "static",
      (select count(*)::int from promised where kind = 'auto') as "auto",
      (select count(*)::int from used) as leases,
      (select count(*)::int from (select ip from promised union select ip from used) as either)
        as "distinct"`) as unknown as { rows: SubnetUse[] };
  if (!rows[0]) throw new Error("a count has a row");
  return rows[0];
}

/** Promised or used addresses as ranges, in order: neighbours are one range. */
export async function listUsedRanges(
  db: Db,
  subnetId: number,
  limit: number,
): Promise<{ first: IpAddress; last: IpAddress }[]> {
  const { rows } = await db.execute(sql`
    select host(min(ip)) as first, host(max(ip)) as last
    from (
      select ip, ip - row_number() over (order by ip) as island
      from (
        select ip from ip_addresses where subnet_id = ${subnetId}
        union
        select ipv4::inet from leases where subnet_id = ${subnetId} and ended_at is null
      ) as used
    ) as numbered
    group by island order by min(ip) limit ${limit}`) as unknown as {
    rows: { first: string; last: string }[];
  };
  return rows.map(({ first, last }) => ({
    first: parseIpAddress(first),
    last: parseIpAddress(last),
  }));
}

/** What is known of one address. */
export interface UsedAddress {
  readonly ip: string;
  readonly kind: IpAddressKind | null;
  readonly ipAddressId: number | null;
  readonly mac: string | null;
  readonly hostname: string | null;
  readonly systemId: string | null;
  /** Somebody has a lease of it now. */
  readonly isLeased: boolean;
}

/** Promised and used addresses from `first` to `last`, in order, with the machines they belong to. */
export async function listUsedAddresses(
  db: Db,
  subnetId: number,
  { first, last }: { first: IpAddress; last: IpAddress },
): Promise<UsedAddress[]> {
  const { rows } = await db.execute(sql`
    with promised as (
      select * from ip_addresses
      where subnet_id = ${subnetId} and ip between ${first}::inet and ${last}::inet
    ), used as (
      select ipv4::inet as ip, mac, hostname from leases
      where subnet_id = ${subnetId} and ended_at is null
        and ipv4::inet between ${first}::inet and ${last}::inet
    )
    select host(coalesce(promised.ip, used.ip)) as ip, promised.kind,
      promised.id as "ipAddressId", coalesce(promised.mac, used.mac) as mac,
      coalesce(machines.hostname, promised.hostname, used.hostname) as hostname,
      machines.system_id as "systemId", used.ip is not null as "isLeased"
    from promised full join used on used.ip = promised.ip
    left join interface_links on interface_links.id = promised.link_id
    left join interfaces as linked on linked.id = interface_links.interface_id
    left join interfaces as port on port.mac = coalesce(promised.mac, used.mac)
      and port.kind = 'physical'
      and port.site_id = (select site_id from subnets where id = ${subnetId})
    left join machines on machines.id = coalesce(linked.machine_id, port.machine_id)
    order by coalesce(promised.ip, used.ip)`) as unknown as { rows: UsedAddress[] };
  return rows;
}

/** How many addresses of each block of `prefixBits` are promised and leased; empty blocks are left out. */
export async function countByBlock(
  db: Db,
  subnetId: number,
  block: { first: IpAddress; last: IpAddress; prefixBits: number },
): Promise<{ first: string; promised: number; leased: number }[]> {
  const { first, last, prefixBits } = block;
  const { rows } = await db.execute(sql`
    select host(network(set_masklen(ip, ${prefixBits}::int))) as first,
      count(*) filter (where not is_lease)::int as promised,
      count(*) filter (where is_lease)::int as leased
    from (
      select ip, false as is_lease from ip_addresses where subnet_id = ${subnetId}
      union all
      select ipv4::inet, true from leases where subnet_id = ${subnetId} and ended_at is null
    ) as used
    where ip between ${first}::inet and ${last}::inet
    group by 1`) as unknown as { rows: { first: string; promised: number; leased: number }[] };
  return rows.map((row) => ({ ...row, first: parseIpAddress(row.first) }));
}

/**
 * How the leases of a subnet changed since `from`, by the moments `from + n * stepSeconds`: each
 * counts to the first moment at which it is seen. Those before `from` count to the first.
 */
export async function listLeaseChanges(
  db: Db,
  subnetId: number,
  { from, to, stepSeconds }: { from: Date; to: Date; stepSeconds: number },
): Promise<{ point: number; change: number }[]> {
  const [begin, end] = [from.toISOString(), to.toISOString()];
  const pointOf = (moment: "given_at" | "ended_at") =>
    sql`greatest(0, ceil(extract(epoch from ${sql.identifier(moment)} - ${begin}::timestamptz)
      / ${stepSeconds}))::int`;
  const { rows } = await db.execute(sql`
    with seen as (
      select given_at, ended_at from leases
      where subnet_id = ${subnetId} and given_at <= ${end}
        and (ended_at is null or ended_at > ${begin})
    )
    select point, sum(change)::int as change
    from (
      select ${pointOf("given_at")} as point, 1 as change from seen
      union all
      select ${pointOf("ended_at")}, -1 from seen where ended_at <= ${end}
    ) as changes
    group by point`) as unknown as { rows: { point: number; change: number }[] };
  return rows;
}
