import type { Db } from "@/region/db/client.ts";
import { findSubnet, listRanges, type SubnetRow } from "@/region/db/queries/subnets.ts";
import type { SubnetPlan } from "@/region/domain/networks/network_rules.ts";
import { mustFind } from "@/region/services/not_found.ts";
import { parseIpAddress } from "@/shared/net/ip_address.ts";
import { parseNetwork } from "@/shared/net/ip_network.ts";

/** Far more than people make by hand; the rules need all of them. */
const RANGES_PER_SUBNET_MAX = 10_000;

/** A subnet and how it is divided. To decide on it, hold the lock on its site. Throws `not_found`. */
export async function readSubnetPlan(
  db: Db,
  id: number,
): Promise<{ row: SubnetRow; plan: SubnetPlan }> {
  const row = mustFind(await findSubnet(db, id), "subnet", id);
  const ranges = await listRanges(db, { subnetId: id }, { limit: RANGES_PER_SUBNET_MAX });
  const gateway = row.gateway === null ? undefined : parseIpAddress(row.gateway);
  return { row, plan: { network: parseNetwork(row.cidr), gateway, ranges } };
}
