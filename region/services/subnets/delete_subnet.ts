import type { RegionContext } from "@/region/context.ts";
import { deleteSubnet as deleteSubnetRow, findSubnet } from "@/region/db/queries/subnets.ts";
import { expectVersion } from "@/region/services/expect_version.ts";
import { mustFind } from "@/region/services/not_found.ts";
import { type Caller, requireRole } from "../identity/caller.ts";
import { changeSite, recordNetworkChange } from "../networks/change_site.ts";

/** Removes a subnet with its ranges and the addresses promised in it. Throws `not_found`. */
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
    await deleteSubnetRow(tx, id);
    const change = { action: "subnet.delete", id, name: before.cidr, siteId, before } as const;
    await recordNetworkChange(ctx, tx, caller, change);
  });
}
