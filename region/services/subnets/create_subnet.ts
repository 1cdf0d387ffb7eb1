import type { RegionContext } from "@/region/context.ts";
import type { Db } from "@/region/db/client.ts";
import { findDefaultVlan, findVlan, type VlanRow } from "@/region/db/queries/networks.ts";
import { findSite } from "@/region/db/queries/sites.ts";
import {
  type DhcpMode,
  insertSubnet,
  listCidrs,
  type SubnetRow,
} from "@/region/db/queries/subnets.ts";
import { atField } from "@/region/domain/at_field.ts";
import { checkGateway, checkNewSubnet } from "@/region/domain/networks/network_rules.ts";
import { checkSettings, type SubnetSettings } from "@/region/domain/networks/subnet_settings.ts";
import { mustFind } from "@/region/services/not_found.ts";
import { readSettings } from "@/region/services/settings/read_settings.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { parseIpAddress } from "@/shared/net/ip_address.ts";
import { formatNetwork, parseNetwork } from "@/shared/net/ip_network.ts";
import { type Caller, requireRole } from "../identity/caller.ts";
import { changeSite, recordNetworkChange } from "../networks/change_site.ts";
import { type SubnetView, viewSubnet } from "./subnet_view.ts";

export interface NewSubnetInput extends SubnetSettings {
  readonly siteId: string;
  readonly cidr: string;
  /** Absent: the untagged VLAN of the site's first fabric. */
  readonly vlanId?: number;
  readonly name?: string;
  readonly description?: string;
  readonly gateway?: string;
  readonly domain?: string;
  /** A short way to say `dhcpMode`: `serve` or `off`. */
  readonly dhcp?: boolean;
  readonly leaseSeconds?: number;
  readonly isManaged?: boolean;
}

/** Throws `invalid_input` for a malformed network, `conflict` when the site has some of it already. */
export async function createSubnet(
  ctx: RegionContext,
  caller: Caller,
  input: NewSubnetInput,
): Promise<SubnetView> {
  requireRole(caller, "admin");
  const { siteId } = input;
  const network = atField("cidr", () => parseNetwork(input.cidr));
  const dhcpMode = chooseDhcpMode(input) ?? (network.family === 4 ? "serve" : "off");
  const settings = checkSettings(network, { ...input, dhcpMode });
  const gateway = input.gateway === undefined
    ? undefined
    : atField("gateway", () => parseIpAddress(input.gateway ?? ""));
  if (gateway) checkGateway(gateway, { network, ranges: [] });
  mustFind(await findSite(ctx.db, siteId), "site", siteId);
  const row = await changeSite(ctx, siteId, async (tx) => {
    const vlan = await chooseVlan(tx, siteId, input.vlanId);
    checkNewSubnet(network, (await listCidrs(tx, siteId)).map(parseNetwork));
    const cidr = formatNetwork(network);
    const leaseSeconds = input.leaseSeconds ?? (await readSettings(tx)).leaseSeconds;
    const made = await insertSubnet(
      tx,
      newRow(input, { settings, dhcpMode, cidr, vlan, gateway, leaseSeconds }),
    );
    await recordNetworkChange(ctx, tx, caller, {
      action: "subnet.create",
      id: made.id,
      name: cidr,
      siteId,
      after: made,
    });
    return made;
  });
  return viewSubnet(row);
}

/** What was asked for; undefined when nothing was. */
export function chooseDhcpMode(
  { dhcp, dhcpMode }: { dhcp?: boolean; dhcpMode?: DhcpMode },
): DhcpMode | undefined {
  return dhcpMode ?? (dhcp === undefined ? undefined : dhcp ? "serve" : "off");
}

/** Throws when the VLAN is missing, or at another site. */
export async function chooseVlan(
  tx: Db,
  siteId: string,
  vlanId: number | undefined,
): Promise<VlanRow> {
  if (vlanId === undefined) return mustFind(await findDefaultVlan(tx, siteId), "vlan", siteId);
  const vlan = mustFind(await findVlan(tx, vlanId), "vlan", vlanId);
  if (vlan.siteId === siteId) return vlan;
  throw new DomainError({
    kind: "invalid_input",
    code: "subnet.vlan_elsewhere",
    field: "vlanId",
    value: String(vlanId),
    accepted: "a VLAN of the same site",
    message: `VLAN ${vlanId} is at another site`,
  });
}

function newRow(
  input: NewSubnetInput,
  checked: {
    settings: SubnetSettings;
    dhcpMode: DhcpMode;
    cidr: string;
    vlan: VlanRow;
    leaseSeconds: number;
    gateway?: string;
  },
) {
  const { settings, dhcpMode, cidr, vlan, leaseSeconds, gateway } = checked;
  return {
    siteId: input.siteId,
    vlanId: vlan.id,
    cidr,
    name: input.name ?? cidr,
    description: input.description ?? "",
    gateway,
    dnsServers: [...settings.dnsServers ?? []],
    domain: input.domain,
    dhcpMode,
    leaseSeconds,
    isManaged: input.isManaged ?? true,
    ntpServers: [...settings.ntpServers ?? []],
    searchDomains: [...settings.searchDomains ?? []],
    classlessRoutes: [...settings.classlessRoutes ?? []],
  } satisfies Partial<SubnetRow> & { gateway?: string };
}
