import { and, isNotNull, isNull, sql } from "drizzle-orm";
import type { Db } from "../client.ts";
import { agents } from "../schema/agents.ts";
import { webhooks } from "../schema/webhooks.ts";

/** A site with agents, and when it gave a sign of life. */
export interface SiteHeard {
  readonly id: string;
  readonly name: string;
  /** When its document was last published; null: not since this is written down. */
  readonly publishedAt: Date | null;
  readonly heardAt: Date;
}

/** One statement; sites without agents are not among them. */
export async function listSitesHeard(db: Db): Promise<SiteHeard[]> {
  const { rows } = await db.execute(sql`
    SELECT sites.id, sites.name,
      extract(epoch FROM sites.published_at) * 1000 AS "publishedMs",
      extract(epoch FROM max(greatest(agents.enrolled_at, agents.last_facts_at, agents.renewed_at)))
        * 1000 AS "heardMs"
    FROM sites JOIN agents ON agents.site_id = sites.id AND agents.revoked_at IS NULL
    GROUP BY sites.id ORDER BY sites.id`) as unknown as {
    rows: { id: string; name: string; publishedMs: string | null; heardMs: string }[];
  };
  return rows.map(({ id, name, publishedMs, heardMs }) => ({
    id,
    name,
    publishedAt: publishedMs === null ? null : new Date(Number(publishedMs)),
    heardAt: new Date(Number(heardMs)),
  }));
}

export interface AgentVersion {
  readonly id: string;
  readonly siteId: string;
  readonly hostname: string;
  readonly version: string;
}

export async function listAgentVersions(db: Db): Promise<AgentVersion[]> {
  const { id, siteId, hostname, version } = agents;
  return await db.select({ id, siteId, hostname, version }).from(agents)
    .where(isNull(agents.revokedAt)).orderBy(id);
}

export interface RangeUse {
  readonly subnetId: number;
  readonly siteId: string;
  readonly cidr: string;
  readonly size: number;
  readonly used: number;
}

/** The dynamic ranges of IPv4 subnets, of which at least so much is promised or in use. One statement. */
export async function listFullRanges(db: Db, percent: number): Promise<RangeUse[]> {
  const { rows } = await db.execute(sql`
    WITH dynamic AS (
      SELECT subnet_id, first, last FROM ip_ranges WHERE kind = 'dynamic' AND family(first) = 4
    ), sizes AS (
      SELECT subnet_id, sum(last - first + 1)::int AS size FROM dynamic GROUP BY subnet_id
    ), taken AS (
      SELECT subnet_id, ipv4::inet AS ip FROM leases WHERE ended_at IS NULL
      UNION SELECT subnet_id, ip FROM ip_addresses
    ), counts AS (
      SELECT dynamic.subnet_id, count(*)::int AS used FROM dynamic
      JOIN taken ON taken.subnet_id = dynamic.subnet_id AND taken.ip BETWEEN first AND last
      GROUP BY dynamic.subnet_id
    )
    SELECT subnets.id AS "subnetId", subnets.site_id AS "siteId", subnets.cidr, size, used
    FROM counts JOIN sizes USING (subnet_id) JOIN subnets ON subnets.id = counts.subnet_id
    WHERE used * 100.0 >= size * ${percent}::int ORDER BY subnets.id`) as unknown as {
    rows: RangeUse[];
  };
  return rows;
}

/** Webhooks that the region has switched off. */
export async function listDisabledWebhooks(
  db: Db,
): Promise<{ id: number; url: string; disabledBecause: string | null }[]> {
  const { id, url, disabledBecause, isEnabled } = webhooks;
  return await db.select({ id, url, disabledBecause }).from(webhooks)
    .where(and(isNotNull(disabledBecause), sql`NOT ${isEnabled}`)).orderBy(id);
}
