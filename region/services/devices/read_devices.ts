import type { RegionContext } from "@/region/context.ts";
import type { Db } from "@/region/db/client.ts";
import {
  type AddressOfMac,
  DEVICE_ORDER,
  type DeviceRow,
  findDevice,
  listAddressesOf,
  listDeviceMacs,
  listDevices as listRows,
} from "@/region/db/queries/devices.ts";
import { listDomainNames } from "@/region/db/queries/dns.ts";
import { findMachineById, listSystemIds } from "@/region/db/queries/machines.ts";
import { listPlacementNames } from "@/region/db/queries/placements.ts";
import { listUsernames } from "@/region/db/queries/users.ts";
import { mustFind } from "@/region/services/not_found.ts";
import { type Page, type PageRequest, readPage, sortNames } from "@/region/services/read_page.ts";
import { type Caller, requireRole } from "../identity/caller.ts";
import { findMachineInScope, isInScope, poolsInScope } from "../machines/machine_scope.ts";

/** A device as people see it. */
export interface DeviceView {
  readonly systemId: string;
  readonly hostname: string;
  readonly domain: string;
  readonly fqdn: string;
  readonly siteId: string;
  readonly description: string;
  readonly zone: string;
  readonly macs: string[];
  readonly addresses: { mac: string; address: string; kind: "reservation" | "lease" }[];
  /** The system id of the machine it is part of. */
  readonly parent: string | null;
  readonly owner: string | null;
  readonly version: number;
  readonly createdAt: string;
}

/** Throws `not_found`. */
export async function getDevice(
  ctx: RegionContext,
  caller: Caller,
  systemId: string,
): Promise<DeviceView> {
  requireRole(caller, "viewer");
  return await viewDevice(ctx.db, await findDeviceInScope(ctx.db, caller, systemId));
}

export const DEVICE_SORTS = sortNames(DEVICE_ORDER);

/** In the order of their making, unless asked otherwise. Throws `not_found` for a parent that there is not. */
export async function listDevices(
  ctx: RegionContext,
  caller: Caller,
  { siteId, parent, ...request }: PageRequest & { siteId?: string; parent?: string },
): Promise<Page<DeviceView>> {
  requireRole(caller, "viewer");
  const filter = {
    siteId,
    parentMachineId: parent === undefined
      ? undefined
      : (await findMachineInScope(ctx.db, caller, parent)).id,
    poolIds: poolsInScope(caller),
  };
  const page = await readPage(DEVICE_ORDER, request, (slice) => listRows(ctx.db, filter, slice));
  return { rows: await viewDevices(ctx.db, page.rows), nextCursor: page.nextCursor };
}

/** Throws `not_found` for a device that is missing, or is part of a machine out of scope. */
export async function findDeviceInScope(
  db: Db,
  caller: Caller,
  systemId: string,
): Promise<DeviceRow> {
  const row = mustFind(await findDevice(db, systemId), "device", systemId);
  if (row.parentMachineId === null) return row;
  const parent = await findMachineById(db, row.parentMachineId);
  return mustFind(parent && isInScope(caller, parent) ? row : undefined, "device", systemId);
}

export async function viewDevice(db: Db, row: DeviceRow): Promise<DeviceView> {
  const [view] = await viewDevices(db, [row]);
  return mustFind(view, "device", row.systemId);
}

/** With a constant number of queries. */
async function viewDevices(db: Db, rows: readonly DeviceRow[]): Promise<DeviceView[]> {
  if (rows.length === 0) return [];
  const macs = await listDeviceMacs(db, rows.map(({ id }) => id));
  const addresses = await listAddressesOf(db, macs.map(({ mac }) => mac));
  const parents = await listSystemIds(db, rows.flatMap((row) => row.parentMachineId ?? []));
  const zones = await listPlacementNames(db, "zone", rows.map(({ zoneId }) => zoneId));
  const domains = await listDomainNames(db, rows.map(({ domainId }) => domainId));
  const usernames = await listUsernames(db);
  return rows.map((row) => {
    const domain = domains.get(row.domainId) ?? "";
    const own = macs.filter(({ deviceId }) => deviceId === row.id).map(({ mac }) => mac);
    return {
      systemId: row.systemId,
      hostname: row.hostname,
      domain,
      fqdn: `${row.hostname}.${domain}`,
      siteId: row.siteId,
      description: row.description,
      zone: zones.get(row.zoneId) ?? "",
      macs: own,
      addresses: addresses.filter((each) => isOf(each, row.siteId, own))
        .map(({ mac, address, kind }) => ({ mac, address, kind })),
      parent: parents.get(row.parentMachineId ?? 0) ?? null,
      owner: usernames.get(row.ownerUserId ?? 0) ?? null,
      version: row.version,
      createdAt: row.createdAt.toISOString(),
    };
  });
}

function isOf(each: AddressOfMac, siteId: string, macs: readonly string[]): boolean {
  return each.siteId === siteId && macs.includes(each.mac);
}
