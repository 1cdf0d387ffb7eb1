import { type SQL, sql } from "drizzle-orm";
import type { Db } from "../client.ts";

/** A name and an address at which whoever has the name is reached. */
export interface DnsHost {
  /** Null: the default domain. */
  readonly domainId: number | null;
  readonly hostname: string;
  readonly address: string;
}

/**
 * The names of machines, of devices, and of addresses promised to nobody of these, in this order,
 * each with the addresses of its interfaces: configured, promised to their MACs or leased to them now.
 *
 * `of`: only those of one domain, or with an address of one subnet.
 */
export async function listDnsHosts(
  db: Db,
  of: { domain: { id: number; isDefault: boolean } } | { subnetId: number },
): Promise<DnsHost[]> {
  const isWanted = "domain" in of
    ? of.domain.isDefault
      ? sql`(host.domain_id = ${of.domain.id} or host.domain_id is null)`
      : sql`host.domain_id = ${of.domain.id}`
    : sql`host.subnet_id = ${of.subnetId}`;
  // `node-postgres` answers with `rows`, each with the names below.
  const { rows } = await db.execute(sql`
    with card as (
      select 1 as rank, machines.domain_id, machines.hostname, machines.site_id, interfaces.mac
      from machines join interfaces on interfaces.machine_id = machines.id
      union all
      select 2, devices.domain_id, devices.hostname, devices.site_id, device_macs.mac
      from devices join device_macs on device_macs.device_id = devices.id
    ), host as (${hosts})
    select domain_id as "domainId", hostname, host(ip) as address from host
    where ${isWanted}
    group by rank, domain_id, hostname, ip
    order by rank, hostname, ip, domain_id`) as unknown as { rows: DnsHost[] };
  return rows;
}

const hosts: SQL = sql`
  select card.rank, card.domain_id, card.hostname, promised.subnet_id, promised.ip
  from card join subnets on subnets.site_id = card.site_id
  join ip_addresses promised on promised.subnet_id = subnets.id and promised.mac = card.mac
  union all
  select card.rank, card.domain_id, card.hostname, leases.subnet_id, leases.ipv4::inet
  from card join leases on leases.site_id = card.site_id and leases.mac = card.mac
  where leases.ended_at is null
  union all
  select 1, machines.domain_id, machines.hostname, promised.subnet_id, promised.ip
  from machines join interfaces on interfaces.machine_id = machines.id
  join interface_links on interface_links.interface_id = interfaces.id
  join ip_addresses promised on promised.link_id = interface_links.id
  union all
  select 3, null, promised.hostname, promised.subnet_id, promised.ip
  from ip_addresses promised join subnets on subnets.id = promised.subnet_id
  where promised.hostname is not null and not exists (
    select 1 from card where card.site_id = subnets.site_id and card.mac = promised.mac
  )`;
