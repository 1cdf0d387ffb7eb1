import type { RegionContext } from "@/region/context.ts";
import type { Db } from "@/region/db/client.ts";
import {
  deleteFabric as deleteFabricRow,
  type FabricRow,
  findFabric,
  insertFabric,
  insertVlan,
  listFabrics as listFabricRows,
  updateFabric as updateFabricRow,
} from "@/region/db/queries/networks.ts";
import { findSite } from "@/region/db/queries/sites.ts";
import { expectVersion } from "@/region/services/expect_version.ts";
import { type PageQuery, readIdPage } from "@/region/services/id_page.ts";
import { mustFind } from "@/region/services/not_found.ts";
import { refuseViolations } from "@/region/services/refuse_violations.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { type Caller, requireRole } from "../identity/caller.ts";
import { changeSite, recordNetworkChange } from "./change_site.ts";
import { HAS_INTERFACES } from "./manage_vlans.ts";

export async function listFabrics(
  ctx: RegionContext,
  caller: Caller,
  query: PageQuery & { siteId?: string },
): Promise<{ fabrics: FabricRow[]; nextCursor: string | null }> {
  requireRole(caller, "viewer");
  const { rows, nextCursor } = await readIdPage(
    query,
    (page) => listFabricRows(ctx.db, query, page),
  );
  return { fabrics: rows, nextCursor };
}

/** Throws `not_found`. */
export async function getFabric(
  ctx: RegionContext,
  caller: Caller,
  fabricId: number,
): Promise<FabricRow> {
  requireRole(caller, "viewer");
  return mustFind(await findFabric(ctx.db, fabricId), "fabric", fabricId);
}

/** Makes a fabric with its untagged VLAN. Throws `conflict` when the site has one of this name. */
export async function createFabric(
  ctx: RegionContext,
  caller: Caller,
  input: { siteId: string; name: string; classType?: string | null; description?: string },
): Promise<FabricRow> {
  requireRole(caller, "admin");
  const { siteId, name } = input;
  mustFind(await findSite(ctx.db, siteId), "site", siteId);
  return await refuseViolations(nameTaken(name), () =>
    changeSite(ctx, siteId, async (tx) => {
      const row = await addFabric(tx, { ...input, createdAt: ctx.now() });
      const change = { action: "fabric.create", id: row.id, name, siteId, after: row } as const;
      await recordNetworkChange(ctx, tx, caller, change);
      return row;
    }));
}

/** A fabric and the VLAN that every fabric has. For a transaction that makes one. */
export async function addFabric(
  tx: Db,
  fabric: Parameters<typeof insertFabric>[1] & { createdAt: Date },
): Promise<FabricRow> {
  const row = await insertFabric(tx, fabric);
  const { siteId, createdAt } = fabric;
  await insertVlan(tx, { fabricId: row.id, siteId, vid: 0, name: "untagged", createdAt });
  return row;
}

export async function updateFabric(
  ctx: RegionContext,
  caller: Caller,
  input: {
    fabricId: number;
    ifVersion?: number;
    name?: string;
    classType?: string | null;
    description?: string;
  },
): Promise<FabricRow> {
  requireRole(caller, "admin");
  const { fabricId, ifVersion, ...change } = input;
  const { siteId } = mustFind(await findFabric(ctx.db, fabricId), "fabric", fabricId);
  return await refuseViolations(
    nameTaken(input.name ?? ""),
    () =>
      changeSite(ctx, siteId, async (tx) => {
        const before = mustFind(await findFabric(tx, fabricId), "fabric", fabricId);
        expectVersion(before, ifVersion);
        const after = mustFind(await updateFabricRow(tx, fabricId, change), "fabric", fabricId);
        const { name } = after;
        await recordNetworkChange(ctx, tx, caller, {
          action: "fabric.update",
          id: fabricId,
          name,
          siteId,
          before,
          after,
        });
        return after;
      }),
  );
}

/** Throws `conflict` for the site's first fabric, and while a subnet is in it. */
export async function deleteFabric(
  ctx: RegionContext,
  caller: Caller,
  input: { fabricId: number; ifVersion?: number },
): Promise<void> {
  requireRole(caller, "admin");
  const { fabricId, ifVersion } = input;
  const { siteId } = mustFind(await findFabric(ctx.db, fabricId), "fabric", fabricId);
  const holdsSubnets = {
    subnets_vlan: { code: "fabric.has_subnets", message: "remove or move its subnets first" },
    ...HAS_INTERFACES,
  };
  await refuseViolations(holdsSubnets, () =>
    changeSite(ctx, siteId, async (tx) => {
      const before = mustFind(await findFabric(tx, fabricId), "fabric", fabricId);
      expectVersion(before, ifVersion);
      if (before.isDefault) throw isDefault();
      await deleteFabricRow(tx, fabricId);
      const { name } = before;
      const change = { action: "fabric.delete", id: fabricId, name, siteId, before } as const;
      await recordNetworkChange(ctx, tx, caller, change);
    }));
}

function nameTaken(name: string) {
  const message = `another fabric of the site is named ${name}`;
  return { fabrics_site_name: { code: "fabric.name_taken", message, field: "name" } };
}

function isDefault(): DomainError {
  return new DomainError({
    kind: "conflict",
    code: "fabric.is_default",
    message: "it was made with the site, and subnets of which nobody says where they are go there",
  });
}
