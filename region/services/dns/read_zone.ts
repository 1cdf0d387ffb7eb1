import type { RegionContext } from "@/region/context.ts";
import type { Db } from "@/region/db/client.ts";
import {
  type DomainRow,
  findDomain,
  listAddressRecords,
  listDomainNames,
  listRecords,
} from "@/region/db/queries/dns.ts";
import { listDnsHosts } from "@/region/db/queries/dns_hosts.ts";
import { findSubnet } from "@/region/db/queries/subnets.ts";
import { RECORDS_MAX } from "@/region/domain/dns/beside.ts";
import { completeName } from "@/region/domain/dns/dns_name.ts";
import {
  buildReverseZone,
  type NamedAddress,
  reverseZonesOf,
} from "@/region/domain/dns/reverse_zone.ts";
import { buildZone, formatZone, NO_NAME_SERVER, type Zone } from "@/region/domain/dns/zone.ts";
import { mustFind } from "@/region/services/not_found.ts";
import { sha256Hex } from "@/region/tokens/digest.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { parseIpAddress } from "@/shared/net/ip_address.ts";
import { parseNetwork } from "@/shared/net/ip_network.ts";
import { type Caller, requireRole } from "../identity/caller.ts";
import { poolsInScope } from "../machines/machine_scope.ts";

/** A zone as DNS servers load it. */
export interface ZoneFile {
  /** Master file, RFC 1035 §5. */
  readonly text: string;
  /** Of all but the serial: the same as long as nothing changed. */
  readonly digest: string;
}

/**
 * The zone of a domain. Its serial is the present time in seconds: it rises with every reading.
 *
 * Throws `conflict` for a domain that others answer for and for a zone that nobody would load,
 * `forbidden` for a caller who may not know of all machines.
 */
export async function readZone(
  ctx: RegionContext,
  caller: Caller,
  domainId: number,
): Promise<ZoneFile> {
  requireRole(caller, "viewer");
  const domain = mustFind(await findDomain(ctx.db, { id: domainId }), "domain", domainId);
  requireAllPools(caller);
  if (!domain.isAuthoritative) throw othersAnswer(domain.name);
  return await zoneFile(ctx, await zoneOf(ctx.db, domain));
}

/** The names of the reverse zones of a subnet. Throws `not_found`. */
export async function listReverseZones(
  ctx: RegionContext,
  caller: Caller,
  subnetId: number,
): Promise<string[]> {
  requireRole(caller, "viewer");
  const { cidr } = mustFind(await findSubnet(ctx.db, subnetId), "subnet", subnetId);
  return reverseZonesOf(parseNetwork(cidr)).map(({ origin }) => origin);
}

/** One of them, as `readZone` does; its name servers are those of the default domain. */
export async function readReverseZone(
  ctx: RegionContext,
  caller: Caller,
  input: { subnetId: number; zone: string },
): Promise<ZoneFile> {
  requireRole(caller, "viewer");
  const { subnetId } = input;
  const { cidr } = mustFind(await findSubnet(ctx.db, subnetId), "subnet", subnetId);
  const network = parseNetwork(cidr);
  const origin = input.zone.toLowerCase().replace(/\.$/, "");
  const zone = mustFind(
    reverseZonesOf(network).find((each) => each.origin === origin),
    "reverse_zone",
    input.zone,
  );
  requireAllPools(caller);
  const domain = mustFind(await findDomain(ctx.db, "default"), "domain", "default");
  const servers = await listRecords(ctx.db, { domainId: domain.id, name: "@", type: "NS" }, {
    limit: RECORDS_MAX,
  });
  const built = buildReverseZone(zone, network, {
    named: await namesIn(ctx.db, subnetId),
    nameServers: servers.length > 0 ? servers.map(({ data }) => data).sort() : [NO_NAME_SERVER],
    mailbox: `hostmaster.${domain.name}.`,
  });
  return await zoneFile(ctx, built);
}

async function zoneOf(db: Db, domain: DomainRow): Promise<Zone> {
  const records = await listRecords(db, { domainId: domain.id }, { limit: RECORDS_MAX });
  const hosts = await listDnsHosts(db, { domain });
  return buildZone(
    domain,
    records,
    hosts.map(({ hostname, address }) => ({ name: hostname, address: parseIpAddress(address) })),
  );
}

/** Hosts before what people wrote: an address has the name of the machine that it leads to. */
async function namesIn(db: Db, subnetId: number): Promise<NamedAddress[]> {
  const hosts = await listDnsHosts(db, { subnetId });
  const domains = await listDomainNames(db, hosts.map(({ domainId }) => domainId));
  const written = (await listAddressRecords(db)).filter(({ name }) => !name.startsWith("*"));
  return [
    ...hosts.map(({ hostname, domainId, address }) => ({
      address: parseIpAddress(address),
      name: `${completeName(hostname, domains.get(domainId) ?? "")}.`,
    })),
    ...written.map(({ name, domain, data }) => ({
      address: parseIpAddress(data),
      name: `${completeName(name, domain)}.`,
    })),
  ];
}

async function zoneFile(ctx: RegionContext, zone: Zone): Promise<ZoneFile> {
  const digest = await sha256Hex(new TextEncoder().encode(formatZone(zone, 0)));
  return { text: formatZone(zone, Math.floor(ctx.now().getTime() / 1000)), digest };
}

/** A zone without some of the machines would make them unreachable where it is loaded. */
function requireAllPools(caller: Caller): void {
  if (poolsInScope(caller) === undefined) return;
  throw new DomainError({
    kind: "forbidden",
    code: "zone.not_all_pools",
    message: "a zone names the machines of all pools, and you are limited to some; " +
      "ask with the key of somebody who is not",
  });
}

function othersAnswer(name: string): DomainError {
  return new DomainError({
    kind: "conflict",
    code: "zone.not_authoritative",
    message: `others answer for ${name}, so there is no zone of it here; ` +
      "PATCH the domain with isAuthoritative true when the region shall make it",
  });
}
