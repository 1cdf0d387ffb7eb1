import { and, asc, eq, gt, sql } from "drizzle-orm";
import type { IpAddress } from "@/shared/net/ip_address.ts";
import { parseIpAddress } from "@/shared/net/ip_address.ts";
import type { Db } from "../client.ts";
import {
  ipAddresses,
  type IpAddressKind,
  type IpAddressRow,
  type NewIpAddress,
} from "../schema/ip_addresses.ts";
import { ipRanges, leases, subnets } from "../schema/subnets.ts";
import type { IdPage } from "./networks.ts";

export type { IpAddressKind, IpAddressRow, NewIpAddress } from "../schema/ip_addresses.ts";

/** Undefined when there is none. */
export async function findIpAddress(db: Db, id: number): Promise<IpAddressRow | undefined> {
  const [row] = await db.select().from(ipAddresses).where(eq(ipAddresses.id, id));
  return row;
}

/** To whom an address is promised; undefined when to nobody. */
export async function findPromise(
  db: Db,
  subnetId: number,
  ip: IpAddress,
): Promise<IpAddressRow | undefined> {
  const [row] = await db.select().from(ipAddresses)
    .where(and(eq(ipAddresses.subnetId, subnetId), eq(ipAddresses.ip, ip)));
  return row;
}

/** Who has a promised address, in the words of people. */
export interface PromiseHolder {
  readonly kind: IpAddressKind;
  readonly mac: string | null;
  readonly comment: string;
  /** Of a machine's interface; null: of none. */
  readonly interfaceName: string | null;
  /** The machine's, else what was said with the promise. */
  readonly hostname: string | null;
  readonly username: string | null;
}

/** To whom an address is promised; undefined when to nobody. */
export async function findPromiseHolder(
  db: Db,
  subnetId: number,
  ip: IpAddress,
): Promise<PromiseHolder | undefined> {
  const { rows } = await db.execute(sql`
    select x.kind, x.mac, x.comment, i.name as "interfaceName",
      coalesce(m.hostname, x.hostname) as hostname, u.username
    from ip_addresses x
    left join interface_links l on l.id = x.link_id
    left join interfaces i on i.id = l.interface_id
    left join machines m on m.id = i.machine_id
    left join users u on u.id = x.user_id
    where x.subnet_id = ${subnetId} and x.ip = ${ip}::inet`) as unknown as {
    rows: PromiseHolder[];
  };
  return rows[0];
}

export interface IpAddressFilter {
  readonly subnetId?: number;
  readonly siteId?: string;
  readonly kind?: IpAddressKind;
  readonly mac?: string;
  readonly userId?: number;
}

export async function listIpAddresses(
  db: Db,
  filter: IpAddressFilter,
  { afterId, limit }: IdPage,
): Promise<IpAddressRow[]> {
  const { subnetId, siteId, kind, mac, userId } = filter;
  const rows = await db.select({ row: ipAddresses }).from(ipAddresses)
    .innerJoin(subnets, eq(subnets.id, ipAddresses.subnetId))
    .where(and(
      subnetId === undefined ? undefined : eq(ipAddresses.subnetId, subnetId),
      siteId === undefined ? undefined : eq(subnets.siteId, siteId),
      kind === undefined ? undefined : eq(ipAddresses.kind, kind),
      mac === undefined ? undefined : eq(ipAddresses.mac, mac),
      userId === undefined ? undefined : eq(ipAddresses.userId, userId),
      afterId === undefined ? undefined : gt(ipAddresses.id, afterId),
    ))
    .orderBy(asc(ipAddresses.id)).limit(limit);
  return rows.map(({ row }) => row);
}

/** Throws a violation of `ip_addresses_subnet_ip` or `ip_addresses_subnet_mac`. */
export async function insertIpAddress(db: Db, address: NewIpAddress): Promise<IpAddressRow> {
  const [row] = await db.insert(ipAddresses).values(address).returning();
  if (!row) throw new Error("an insert returns its row");
  return row;
}

/** Undefined when there is none. Throws like `insertIpAddress`. */
export async function updateIpAddress(
  db: Db,
  id: number,
  change: Partial<Pick<IpAddressRow, "ip" | "mac" | "hostname" | "comment">>,
): Promise<IpAddressRow | undefined> {
  const [row] = await db.update(ipAddresses)
    .set({ ...change, version: sql`${ipAddresses.version} + 1` })
    .where(eq(ipAddresses.id, id)).returning();
  return row;
}

export async function deleteIpAddress(db: Db, id: number): Promise<void> {
  await db.delete(ipAddresses).where(eq(ipAddresses.id, id));
}

/**
 * The lowest address of `free` (in order, not overlapping) that is promised to nobody; undefined
 * when all are. To keep it, hold the lock on the subnet's site until it is inserted.
 *
 * One statement: in each range the index on (subnet, ip) is walked to the first gap.
 */
export async function findFreeAddress(
  db: Db,
  subnetId: number,
  free: readonly { first: IpAddress; last: IpAddress }[],
): Promise<IpAddress | undefined> {
  const firsts = sql.param(free.map(({ first }) => first));
  const lasts = sql.param(free.map(({ last }) => last));
  const taken = (ip: ReturnType<typeof sql>) =>
    sql`exists (select 1 from ip_addresses x where x.subnet_id = ${subnetId} and x.ip = ${ip})`;
  const { rows } = await db.execute(sql`
    select host(coalesce(start.ip, after.ip)) as ip
    from unnest(${firsts}::inet[], ${lasts}::inet[]) with ordinality as free (first, last, n)
    left join lateral (
      select free.first as ip where not ${taken(sql`free.first`)}
    ) as start on true
    left join lateral (
      select t.ip + 1 as ip from ip_addresses t
      where start.ip is null and t.subnet_id = ${subnetId}
        and t.ip >= free.first and t.ip < free.last and not ${taken(sql`t.ip + 1`)}
      order by t.ip limit 1
    ) as after on true
    where coalesce(start.ip, after.ip) is not null
    order by n limit 1`) as unknown as { rows: { ip: string }[] };
  return rows[0] && parseIpAddress(rows[0].ip);
}

/** Addresses in use outside the dynamic ranges: left over from a range that was changed. */
export async function listStrayLeases(db: Db, subnetId: number): Promise<IpAddress[]> {
  const { rows } = await db.execute(sql`
    select distinct ${leases.ipv4} as ip from ${leases}
    where ${leases.subnetId} = ${subnetId} and ${leases.endedAt} is null
      and not exists (
        select 1 from ${ipRanges} where ${ipRanges.subnetId} = ${subnetId}
          and ${ipRanges.kind} = 'dynamic'
          and ${leases.ipv4}::inet between ${ipRanges.first} and ${ipRanges.last})
    `) as unknown as { rows: { ip: string }[] };
  return rows.map(({ ip }) => parseIpAddress(ip));
}
