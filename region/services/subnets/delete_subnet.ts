import type { RegionContext } from "@/region/context.ts";
import type { Db } from "@/region/db/client.ts";
import { countLinksOfSubnet } from "@/region/db/queries/machine_network.ts";
import { deleteSubnet as deleteSubnetRow, findSubnet } from "@/region/db/queries/subnets.ts";
import { expectVersion } from "@/region/services/expect_version.ts";
import { mustFind } from "@/region/services/not_found.ts";
import { type Caller, requireRole } from "../identity/caller.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { changeSite, recordNetworkChange } from "../networks/change_site.ts";

/** Removes a subnet with its ranges and the addresses promised in it. Throws `not_found`, and `conflict` while interfaces are configured on it. */
export async function deleteSubnet(
  ctx: RegionContext,
  caller: Caller,
  input: { subnetId: number; ifVersion?: number },
): Promise<void> {
  requireRole(caller, "admin");
  const { subnetId: id, ifVersion } = input;
  const { siteId } = mustFind(await findSubnet(ctx.db, id), "subnet", id);
  await changeSite(ctx, siteId, async (tx) => {
    const before = mustFind(await findSubnet(tx, id), "subnet", id);
    expectVersion(before, ifVersion);
    await refuseLinked(tx, before, "removed");
    await deleteSubnetRow(tx, id);
    const change = { action: "subnet.delete", id, name: before.cidr, siteId, before } as const;
    await recordNetworkChange(ctx, tx, caller, change);
  });
}

/** Refuses what would take a subnet from interfaces of machines that are configured on it. */
export async function refuseLinked(
  tx: Db,
  { id, cidr }: { readonly id: number; readonly cidr: string },
  done: string,
): Promise<void> {
  const links = await countLinksOfSubnet(tx, id);
  if (links === 0) return;
  throw new DomainError({
    kind: "conflict",
    code: "subnet.has_links",
    message: `${links} ${links === 1 ? "interface is" : "interfaces are"} configured on ${cidr}; ` +
      `it is ${done} once those links are gone; GET /api/v1/subnets/${id}/addresses shows who has them`,
  });
}
