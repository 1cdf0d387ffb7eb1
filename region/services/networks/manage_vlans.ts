import type { RegionContext } from "@/region/context.ts";
import type { Db } from "@/region/db/client.ts";
import {
  deleteVlan as deleteVlanRow,
  findFabric,
  findSpace,
  findVlan,
  insertVlan,
  listVlans as listVlanRows,
  updateVlan as updateVlanRow,
  type VlanChange,
  type VlanFilter,
  type VlanRow,
} from "@/region/db/queries/networks.ts";
import { expectVersion } from "@/region/services/expect_version.ts";
import { type PageQuery, readIdPage } from "@/region/services/id_page.ts";
import { mustFind } from "@/region/services/not_found.ts";
import { refuseViolations } from "@/region/services/refuse_violations.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { type Caller, requireRole } from "../identity/caller.ts";
import { changeSite, recordNetworkChange } from "./change_site.ts";

export async function listVlans(
  ctx: RegionContext,
  caller: Caller,
  query: PageQuery & VlanFilter,
): Promise<{ vlans: VlanRow[]; nextCursor: string | null }> {
  requireRole(caller, "viewer");
  const { rows, nextCursor } = await readIdPage(query, (page) => listVlanRows(ctx.db, query, page));
  return { vlans: rows, nextCursor };
}

/** Throws `not_found`. */
export async function getVlan(
  ctx: RegionContext,
  caller: Caller,
  vlanId: number,
): Promise<VlanRow> {
  requireRole(caller, "viewer");
  return mustFind(await findVlan(ctx.db, vlanId), "vlan", vlanId);
}

/** Throws `conflict` when the fabric has a VLAN of this number. */
export async function createVlan(
  ctx: RegionContext,
  caller: Caller,
  input: VlanChange & { fabricId: number; vid: number },
): Promise<VlanRow> {
  requireRole(caller, "admin");
  const { fabricId, vid } = input;
  const { siteId } = mustFind(await findFabric(ctx.db, fabricId), "fabric", fabricId);
  return await refuseViolations(vidTaken(vid), () =>
    changeSite(ctx, siteId, async (tx) => {
      await checkReferences(tx, input, siteId);
      const name = input.name ?? `vlan-${vid}`;
      const row = await insertVlan(tx, { ...input, name, siteId, createdAt: ctx.now() });
      const change = { action: "vlan.create", id: row.id, name, siteId, after: row } as const;
      await recordNetworkChange(ctx, tx, caller, change);
      return row;
    }));
}

export async function updateVlan(
  ctx: RegionContext,
  caller: Caller,
  input: VlanChange & { vlanId: number; ifVersion?: number },
): Promise<VlanRow> {
  requireRole(caller, "admin");
  const { vlanId, ifVersion, ...change } = input;
  const { siteId } = mustFind(await findVlan(ctx.db, vlanId), "vlan", vlanId);
  return await refuseViolations(
    vidTaken(input.vid ?? 0),
    () =>
      changeSite(ctx, siteId, async (tx) => {
        const before = mustFind(await findVlan(tx, vlanId), "vlan", vlanId);
        expectVersion(before, ifVersion);
        if (before.vid === 0 && (change.vid ?? 0) !== 0) throw isUntagged("renumbered");
        if (change.relayVlanId === vlanId) throw relaysToItself();
        await checkReferences(tx, change, siteId);
        const after = mustFind(await updateVlanRow(tx, vlanId, change), "vlan", vlanId);
        await recordNetworkChange(ctx, tx, caller, {
          action: "vlan.update",
          id: vlanId,
          name: after.name,
          siteId,
          before,
          after,
        });
        return after;
      }),
  );
}

/** Throws `conflict` for a fabric's untagged VLAN, and while a subnet is on it. */
export async function deleteVlan(
  ctx: RegionContext,
  caller: Caller,
  input: { vlanId: number; ifVersion?: number },
): Promise<void> {
  requireRole(caller, "admin");
  const { vlanId, ifVersion } = input;
  const { siteId } = mustFind(await findVlan(ctx.db, vlanId), "vlan", vlanId);
  const holdsSubnets = {
    subnets_vlan: { code: "vlan.has_subnets", message: "remove or move its subnets first" },
    ...HAS_INTERFACES,
  };
  await refuseViolations(holdsSubnets, () =>
    changeSite(ctx, siteId, async (tx) => {
      const before = mustFind(await findVlan(tx, vlanId), "vlan", vlanId);
      expectVersion(before, ifVersion);
      if (before.vid === 0) throw isUntagged("removed");
      await deleteVlanRow(tx, vlanId);
      const { name } = before;
      const change = { action: "vlan.delete", id: vlanId, name, siteId, before } as const;
      await recordNetworkChange(ctx, tx, caller, change);
    }));
}

/** What a VLAN names must be there: a space anywhere, a VLAN to relay to at the same site. */
async function checkReferences(tx: Db, change: VlanChange, siteId: string): Promise<void> {
  const { spaceId, relayVlanId } = change;
  if (spaceId) mustFind(await findSpace(tx, spaceId), "space", spaceId);
  if (!relayVlanId) return;
  const relay = mustFind(await findVlan(tx, relayVlanId), "vlan", relayVlanId);
  if (relay.siteId !== siteId) {
    throw new DomainError({
      kind: "invalid_input",
      code: "vlan.relay_elsewhere",
      field: "relayVlanId",
      value: String(relayVlanId),
      accepted: "a VLAN of the same site",
      message: `VLAN ${relayVlanId} is at another site; its agent cannot serve this one`,
    });
  }
}

/** A VLAN interface cannot be without its tag; a port forgets where it was plugged in. */
export const HAS_INTERFACES = {
  interfaces_vlan_has_tag: {
    code: "vlan.has_interfaces",
    message: "VLAN interfaces of machines have its tag; remove those first",
  },
};

function vidTaken(vid: number) {
  const message = `the fabric has a VLAN with the number ${vid} already`;
  return { vlans_fabric_vid: { code: "vlan.vid_taken", message, field: "vid" } };
}

function isUntagged(done: string): DomainError {
  return new DomainError({
    kind: "conflict",
    code: "vlan.is_untagged",
    message: `every fabric has its untagged VLAN; it cannot be ${done}`,
  });
}

function relaysToItself(): DomainError {
  return new DomainError({
    kind: "invalid_input",
    code: "vlan.relays_to_itself",
    field: "relayVlanId",
    message: "a VLAN cannot relay to itself",
  });
}
