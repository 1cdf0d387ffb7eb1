import type { RegionContext } from "@/region/context.ts";
import { bumpGeneration, findSite } from "@/region/db/queries/sites.ts";
import { insertSubnet, listSubnets, type SubnetRow } from "@/region/db/queries/subnets.ts";
import { checkGateway, checkNewSubnet } from "@/region/domain/network_rules.ts";
import { mustFind } from "@/region/services/not_found.ts";
import { publishSoon } from "@/region/services/publish_soon.ts";
import { formatCidr, parseCidr } from "@/shared/net/cidr.ts";
import { parseIpv4 } from "@/shared/net/ipv4.ts";
import { type Caller, requireRole } from "../identity/caller.ts";

const SUBNETS_PER_SITE_MAX = 10_000;
const LEASE_SECONDS_DEFAULT = 3600;

export interface NewSubnetInput {
  readonly siteId: string;
  readonly cidr: string;
  readonly gateway?: string;
  readonly dnsServers?: readonly string[];
  readonly domain?: string;
  readonly dhcp?: boolean;
  readonly leaseSeconds?: number;
}

/** Throws `invalid_input` for a malformed network, `conflict` when the site has some of it already. */
export async function createSubnet(
  ctx: RegionContext,
  caller: Caller,
  input: NewSubnetInput,
): Promise<SubnetRow> {
  requireRole(caller, "admin");
  const cidr = parseCidr(input.cidr);
  const gateway = input.gateway === undefined ? undefined : parseIpv4(input.gateway);
  if (gateway) checkGateway(gateway, { cidr, ranges: [], reservations: [] });
  const subnet = await ctx.db.transaction(async (tx) => {
    mustFind(await findSite(tx, input.siteId), "site", input.siteId);
    await bumpGeneration(tx, input.siteId); // locks the site: two overlapping subnets cannot race
    const others = await listSubnets(tx, { siteId: input.siteId }, SUBNETS_PER_SITE_MAX);
    checkNewSubnet(cidr, others.map((each) => parseCidr(each.cidr)));
    return await insertSubnet(tx, {
      siteId: input.siteId,
      cidr: formatCidr(cidr),
      gateway,
      dnsServers: (input.dnsServers ?? []).map(parseIpv4),
      domain: input.domain,
      dhcp: input.dhcp ?? true,
      leaseSeconds: input.leaseSeconds ?? LEASE_SECONDS_DEFAULT,
    });
  });
  await publishSoon(ctx, subnet.siteId);
  return subnet;
}
