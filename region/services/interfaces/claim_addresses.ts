import type { RegionContext } from "@/region/context.ts";
import type { Db } from "@/region/db/client.ts";
import type { MachineRow } from "@/region/db/queries/machines.ts";
import { lockSite } from "@/region/db/queries/sites.ts";
import { InterfaceTree } from "@/region/domain/interfaces/interface.ts";
import { promiseAddress } from "../ip_addresses/promise_address.ts";
import { readSubnetPlan } from "../subnets/subnet_plan.ts";
import { readNetwork } from "./read_network.ts";

/**
 * Gives each `auto` link of a machine that has no address a free one of its subnet; it keeps it until
 * the machine is free again. False: there was none to give.
 *
 * The caller's transaction holds the lock on the machine; this takes the one on its site. Throws
 * `subnet.full`.
 */
export async function claimAddresses(
  ctx: Pick<RegionContext, "now">,
  tx: Db,
  machine: Pick<MachineRow, "id" | "siteId">,
): Promise<boolean> {
  const network = await readNetwork(tx, machine.id);
  const tree = new InterfaceTree(network);
  const wanting = network.flatMap((one) =>
    one.links.flatMap(({ id: linkId, mode, ip, subnet }) =>
      one.isEnabled && mode === "auto" && ip === null && subnet
        ? [{ linkId, subnetId: subnet.id, mac: tree.macOf(one) }]
        : []
    )
  );
  if (wanting.length === 0) return false;
  await lockSite(tx, machine.siteId);
  for (const { linkId, subnetId, mac } of wanting) {
    const subnet = await readSubnetPlan(tx, subnetId);
    await promiseAddress(tx, subnet, { kind: "auto", linkId, mac, createdAt: ctx.now() });
  }
  return true;
}
