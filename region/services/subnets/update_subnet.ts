import type { RegionContext } from "@/region/context.ts";
import { findPromise } from "@/region/db/queries/ip_addresses.ts";
import {
  findSubnet,
  type SubnetChange,
  updateSubnet as updateSubnetRow,
} from "@/region/db/queries/subnets.ts";
import type { Db } from "@/region/db/client.ts";
import { atField } from "@/region/domain/at_field.ts";
import { checkGateway, type SubnetPlan } from "@/region/domain/networks/network_rules.ts";
import { checkSettings, type SubnetSettings } from "@/region/domain/networks/subnet_settings.ts";
import { expectVersion } from "@/region/services/expect_version.ts";
import { mustFind } from "@/region/services/not_found.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { parseIpAddress } from "@/shared/net/ip_address.ts";
import { type Caller, requireRole } from "../identity/caller.ts";
import { changeSite, recordNetworkChange } from "../networks/change_site.ts";
import { chooseDhcpMode, chooseVlan } from "./create_subnet.ts";
import { refuseLinked } from "./delete_subnet.ts";
import { readSubnetPlan } from "./subnet_plan.ts";
import { type SubnetView, viewSubnet } from "./subnet_view.ts";

export interface SubnetChangeInput extends SubnetSettings {
  readonly subnetId: number;
  readonly ifVersion?: number;
  readonly vlanId?: number;
  readonly name?: string;
  readonly description?: string;
  /** Null: no router is announced. */
  readonly gateway?: string | null;
  /** Null: no domain is announced. */
  readonly domain?: string | null;
  readonly dhcp?: boolean;
  readonly leaseSeconds?: number;
  readonly isManaged?: boolean;
}

/** Changes where a subnet is and what it announces; its network stays. */
export async function updateSubnet(
  ctx: RegionContext,
  caller: Caller,
  input: SubnetChangeInput,
): Promise<SubnetView> {
  requireRole(caller, "admin");
  const { subnetId, ifVersion } = input;
  const { siteId } = mustFind(await findSubnet(ctx.db, subnetId), "subnet", subnetId);
  const row = await changeSite(ctx, siteId, async (tx) => {
    const { row: before, plan } = await readSubnetPlan(tx, subnetId);
    expectVersion(before, ifVersion);
    if (input.vlanId !== undefined && input.vlanId !== before.vlanId) {
      await chooseVlan(tx, siteId, input.vlanId);
      await refuseLinked(tx, before, "moved to another VLAN");
    }
    const change = await readChange(tx, input, plan);
    const after = mustFind(await updateSubnetRow(tx, subnetId, change), "subnet", subnetId);
    const name = after.cidr;
    const entry = { action: "subnet.update", id: subnetId, name, siteId, before, after } as const;
    await recordNetworkChange(ctx, tx, caller, entry);
    return after;
  });
  return viewSubnet(row);
}

async function readChange(
  tx: Db,
  input: SubnetChangeInput,
  plan: SubnetPlan,
): Promise<SubnetChange> {
  const { subnetId, ifVersion: _, dhcp, gateway: wanted, ...rest } = input;
  const dhcpMode = chooseDhcpMode({ dhcp, dhcpMode: rest.dhcpMode });
  const { dnsServers, ntpServers, searchDomains, classlessRoutes, ...plain } = checkSettings(
    plan.network,
    { ...rest, ...(dhcpMode && { dhcpMode }) },
  );
  const gateway = wanted && atField("gateway", () => parseIpAddress(wanted));
  if (gateway) {
    checkGateway(gateway, plan);
    if (await findPromise(tx, subnetId, gateway)) throw isPromised(gateway);
  }
  return {
    ...plain,
    ...(gateway === undefined ? {} : { gateway }),
    ...(dnsServers && { dnsServers: [...dnsServers] }),
    ...(ntpServers && { ntpServers: [...ntpServers] }),
    ...(searchDomains && { searchDomains: [...searchDomains] }),
    ...(classlessRoutes && { classlessRoutes: [...classlessRoutes] }),
  };
}

function isPromised(gateway: string): DomainError {
  return new DomainError({
    kind: "conflict",
    code: "subnet.gateway_promised",
    field: "gateway",
    value: gateway,
    message: `${gateway} is promised to somebody; free it first`,
  });
}
