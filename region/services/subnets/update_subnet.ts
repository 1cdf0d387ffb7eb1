import type { RegionContext } from "@/region/context.ts";
import { type SubnetRow, updateSubnet as updateSubnetRow } from "@/region/db/queries/subnets.ts";
import { checkGateway } from "@/region/domain/network_rules.ts";
import { mustFind } from "@/region/services/not_found.ts";
import { publishSoon } from "@/region/services/publish_soon.ts";
import { parseIpv4 } from "@/shared/net/ipv4.ts";
import { type Caller, requireRole } from "../identity/caller.ts";
import { readSubnetForChange } from "./subnet_contents.ts";

export interface SubnetChangeInput {
  readonly subnetId: number;
  /** Null: no router is announced. */
  readonly gateway?: string | null;
  readonly dnsServers?: readonly string[];
  /** Null: no domain is announced. */
  readonly domain?: string | null;
  readonly dhcp?: boolean;
  readonly leaseSeconds?: number;
}

/** Changes what a subnet announces; its network stays. */
export async function updateSubnet(
  ctx: RegionContext,
  caller: Caller,
  input: SubnetChangeInput,
): Promise<SubnetRow> {
  requireRole(caller, "admin");
  const { subnetId, dnsServers, gateway, ...rest } = input;
  const subnet = await ctx.db.transaction(async (tx) => {
    const { contents } = await readSubnetForChange(tx, subnetId);
    if (gateway) checkGateway(parseIpv4(gateway), contents);
    const row = await updateSubnetRow(tx, subnetId, {
      ...rest,
      ...(gateway === undefined ? {} : { gateway }),
      ...(dnsServers === undefined ? {} : { dnsServers: dnsServers.map(parseIpv4) }),
    });
    return mustFind(row, "subnet", subnetId);
  });
  await publishSoon(ctx, subnet.siteId);
  return subnet;
}
