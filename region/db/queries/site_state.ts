import { and, asc, desc, eq, isNull, lt, or, sql } from "drizzle-orm";
import type { Db } from "../client.ts";
import { bootSources } from "../schema/boot_sources.ts";
import { type ImageRow, images } from "../schema/images.ts";
import { type MachineRow, machines } from "../schema/machines.ts";
import { type OperationRow, operations } from "../schema/operations.ts";
import { type SiteRow, sites } from "../schema/sites.ts";
import { ipAddresses, type IpAddressRow } from "../schema/ip_addresses.ts";
import { vlans } from "../schema/networks.ts";
import { type IpRangeRow, ipRanges, type SubnetRow, subnets } from "../schema/subnets.ts";
import { listRunningBmcScans } from "./bmc_scans.ts";
import { type DhcpOptionRow, listOptionsOfSite } from "./dhcp_options.ts";
import { listInterfacesOfSite, type PhysicalInterface } from "./interfaces.ts";
import { listSettings, type SettingRow } from "./settings.ts";
import { listKernelOptions } from "./tags.ts";

export type { SiteRow };

/** Everything that a site's state document is made of. */
export interface SiteRows {
  readonly site: SiteRow;
  readonly subnets: (SubnetRow & { readonly vlan: { mtu: number; dhcp: boolean } })[];
  readonly ranges: IpRangeRow[];
  readonly addresses: IpAddressRow[];
  readonly dhcpOptions: DhcpOptionRow[];
  readonly machines: MachineOfSite[];
  readonly interfaces: PhysicalInterface[];
  readonly operations: OperationRow[];
  readonly images: ImageOfSite[];
  /** What their tags add to the kernel command line, by machine. */
  readonly kernelOptions: ReadonlyMap<number, string>;
  readonly settings: SettingRow[];
  /** Those under way. */
  readonly bmcScans: { readonly id: string; readonly cidr: string }[];
}

/**
 * Reads a site whole, at one moment; undefined when there is none.
 *
 * Always the same number of statements, in a transaction that sees one snapshot: a document never
 * mixes two generations.
 */
export async function readSiteRows(db: Db, siteId: string): Promise<SiteRows | undefined> {
  return await db.transaction(async (tx) => {
    const [site] = await tx.select().from(sites).where(eq(sites.id, siteId));
    if (!site) return undefined;
    const settings = await listSettings(tx);
    const bmcScans = await listRunningBmcScans(tx, siteId);
    return {
      site,
      settings,
      bmcScans,
      ...await readNetworks(tx, siteId),
      ...await readMachines(tx, siteId),
    };
  }, { isolationLevel: "repeatable read", accessMode: "read only" });
}

async function readNetworks(
  tx: Db,
  siteId: string,
): Promise<Pick<SiteRows, "subnets" | "ranges" | "addresses" | "dhcpOptions">> {
  const ofSite = eq(subnets.siteId, siteId);
  const ranges = await tx.select({ row: ipRanges }).from(ipRanges)
    .innerJoin(subnets, eq(ipRanges.subnetId, subnets.id)).where(ofSite).orderBy(asc(ipRanges.id));
  const promised = await tx.select({ row: ipAddresses }).from(ipAddresses)
    .innerJoin(subnets, eq(ipAddresses.subnetId, subnets.id)).where(ofSite)
    .orderBy(asc(ipAddresses.id));
  const networks = await tx.select({ row: subnets, mtu: vlans.mtu, dhcp: vlans.dhcp }).from(subnets)
    .innerJoin(vlans, eq(vlans.id, subnets.vlanId)).where(ofSite).orderBy(asc(subnets.id));
  return {
    subnets: networks.map(({ row, mtu, dhcp }) => ({ ...row, vlan: { mtu, dhcp } })),
    ranges: ranges.map(({ row }) => row),
    addresses: promised.map(({ row }) => row),
    dhcpOptions: await listOptionsOfSite(tx, siteId),
  };
}

async function readMachines(
  tx: Db,
  siteId: string,
): Promise<
  Pick<SiteRows, "machines" | "interfaces" | "operations" | "images" | "kernelOptions">
> {
  const running = and(eq(operations.siteId, siteId), eq(operations.state, "running"));
  return {
    machines: await tx.select(machineColumns).from(machines).where(eq(machines.siteId, siteId))
      .orderBy(asc(machines.id)),
    interfaces: await listInterfacesOfSite(tx, siteId),
    operations: await tx.select().from(operations).where(running)
      .orderBy(asc(operations.askedAt), asc(operations.id)),
    images: await readImages(tx, siteId),
    kernelOptions: await listKernelOptions(tx, { siteId }),
  };
}

/** The inventory is by far the biggest column, and only its word on the firmware is of use here. */
const machineColumns = {
  id: machines.id,
  systemId: machines.systemId,
  hostname: machines.hostname,
  architecture: machines.architecture,
  status: machines.status,
  bmc: machines.bmc,
  rescue: machines.rescue,
  /** Of the domain that it was put into; null: the default one. */
  domain: sql<string | null>`(select name from dns_domains where id = machines.domain_id)`,
  firmware: sql<string | null>`${machines.inventory}->>'firmware'`,
};
type MachineOfSite =
  & Pick<MachineRow, Exclude<keyof typeof machineColumns, "firmware" | "domain">>
  & { readonly firmware: string | null; readonly domain: string | null };

/** An image, and whether agents may take its files from its source. */
type ImageOfSite = ImageRow & { readonly agentsFetchDirectly: boolean };

/** The newest version of each product, and those that running operations of the site use. */
async function readImages(tx: Db, siteId: string): Promise<ImageOfSite[]> {
  const newest = tx.selectDistinctOn([images.product], { id: images.id }).from(images)
    .where(isNull(images.retiredAt)).orderBy(images.product, desc(images.version));
  const isUsed = sql`exists (select 1 from ${operations} where ${operations.siteId} = ${siteId}
    and ${operations.state} = 'running'
    and ${images.id} in (${operations.imageId}, ${operations.bootImageId}))`;
  const rows = await tx.select({ image: images, direct: bootSources.agentsFetchDirectly })
    .from(images).leftJoin(bootSources, eq(bootSources.id, images.sourceId))
    .where(or(sql`${images.id} in ${newest}`, isUsed))
    .orderBy(asc(images.createdAt), asc(images.id));
  return rows.map(({ image, direct }) => ({ ...image, agentsFetchDirectly: direct ?? false }));
}

/** Sites whose document is older than what they should be. One cheap statement. */
export async function listSitesBehind(db: Db, limit: number): Promise<string[]> {
  const rows = await db.select({ id: sites.id }).from(sites)
    .where(lt(sites.publishedGeneration, sites.wantedGeneration)).orderBy(asc(sites.id))
    .limit(limit);
  return rows.map(({ id }) => id);
}

/** Remembers what the object store holds; never goes back. */
export async function setPublishedGeneration(
  db: Db,
  siteId: string,
  published: { generation: number; at: Date },
): Promise<void> {
  const { generation, at } = published;
  await db.update(sites).set({ publishedGeneration: generation, publishedAt: at })
    .where(and(eq(sites.id, siteId), lt(sites.publishedGeneration, generation)));
}

/** Puts the wanted generation past one that was published, if it is lower than that one. */
export async function raiseGenerationAbove(
  db: Db,
  siteId: string,
  published: number,
): Promise<void> {
  await db.update(sites).set({ wantedGeneration: published + 1 })
    .where(and(eq(sites.id, siteId), lt(sites.wantedGeneration, published)));
}
