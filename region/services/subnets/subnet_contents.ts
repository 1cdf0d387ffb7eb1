import type { Db } from "@/region/db/client.ts";
import {
  findSubnet,
  listRanges,
  listReservations,
  type SubnetRow,
} from "@/region/db/queries/subnets.ts";
import { bumpGeneration } from "@/region/db/queries/sites.ts";
import { storedRange, type SubnetContents } from "@/region/domain/network_rules.ts";
import { mustFind } from "@/region/services/not_found.ts";
import { parseCidr } from "@/shared/net/cidr.ts";
import { parseIpv4 } from "@/shared/net/ipv4.ts";

/** More than a subnet of a site can sensibly hold; all are needed for the rules. */
const PER_SUBNET_MAX = 100_000;

/**
 * A subnet with all it holds, for a transaction that changes it.
 *
 * Bumps the site's generation first: that locks the site's row, so two changes of one site follow
 * each other and each sees what the other did. Throws `not_found`.
 */
export async function readSubnetForChange(
  tx: Db,
  id: number,
): Promise<{ row: SubnetRow; contents: SubnetContents }> {
  const { siteId } = mustFind(await findSubnet(tx, id), "subnet", id);
  await bumpGeneration(tx, siteId);
  const row = mustFind(await findSubnet(tx, id), "subnet", id);
  const filter = { subnetIds: [id] };
  const ranges = await listRanges(tx, filter, PER_SUBNET_MAX);
  const reservations = await listReservations(tx, filter, PER_SUBNET_MAX);
  const contents = {
    cidr: parseCidr(row.cidr),
    ...(row.gateway === null ? {} : { gateway: parseIpv4(row.gateway) }),
    ranges: ranges.map(storedRange),
    reservations: reservations.map(({ ipv4 }) => parseIpv4(ipv4)),
  };
  return { row, contents };
}
