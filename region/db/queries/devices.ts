import { and, asc, eq, inArray, isNull, or, sql } from "drizzle-orm";
import type { Db } from "../client.ts";
import { deviceMacs, type DeviceRow, devices, type NewDevice } from "../schema/devices.ts";
import { ipAddresses } from "../schema/ip_addresses.ts";
import { leases, subnets } from "../schema/subnets.ts";
import type { ListOrder, Slice } from "./keyset.ts";
import { machinesInPools } from "./machines.ts";

export type { DeviceRow, NewDevice } from "../schema/devices.ts";

/** Undefined when there is none. */
export async function findDevice(db: Db, systemId: string): Promise<DeviceRow | undefined> {
  const [row] = await db.select().from(devices).where(eq(devices.systemId, systemId));
  return row;
}

export interface DeviceFilter {
  readonly siteId?: string;
  readonly parentMachineId?: number;
  /** Only devices of machines in these pools, and of no machine. */
  readonly poolIds?: readonly number[];
}

/** In the order of their making, unless asked otherwise. */
export const DEVICE_ORDER: ListOrder = {
  columns: { hostname: devices.hostname, createdAt: devices.createdAt, id: devices.id },
  unique: ["id"],
  initial: [{ key: "id", isDescending: false }],
};

export async function listDevices(
  db: Db,
  filter: DeviceFilter,
  { where, orderBy, limit }: Slice,
): Promise<DeviceRow[]> {
  const { siteId, parentMachineId, poolIds } = filter;
  return await db.select().from(devices).where(and(
    where,
    siteId === undefined ? undefined : eq(devices.siteId, siteId),
    parentMachineId === undefined ? undefined : eq(devices.parentMachineId, parentMachineId),
    poolIds && or(
      isNull(devices.parentMachineId),
      inArray(devices.parentMachineId, machinesInPools(db, poolIds)),
    ),
  )).orderBy(...orderBy).limit(limit);
}

/** Throws a violation of `devices_site_hostname` or `devices_system_id`. */
export async function insertDevice(db: Db, device: NewDevice): Promise<DeviceRow> {
  const [row] = await db.insert(devices).values(device).returning();
  if (!row) throw new Error("an insert returns its row");
  return row;
}

export type DeviceChange = Partial<
  Pick<DeviceRow, "hostname" | "description" | "zoneId" | "domainId" | "parentMachineId">
>;

/** Changes a device if nobody wrote it since `read`; undefined if somebody did. */
export async function updateDevice(
  db: Db,
  read: Pick<DeviceRow, "id" | "version">,
  change: DeviceChange,
): Promise<DeviceRow | undefined> {
  const [row] = await db.update(devices)
    .set({ ...change, version: sql`${devices.version} + 1` })
    .where(and(eq(devices.id, read.id), eq(devices.version, read.version))).returning();
  return row;
}

export async function deleteDevice(db: Db, id: number): Promise<void> {
  await db.delete(devices).where(eq(devices.id, id));
}

/** Throws a violation of `device_macs_site_mac` when another device of the site has one. */
export async function replaceDeviceMacs(
  db: Db,
  device: Pick<DeviceRow, "id" | "siteId">,
  macs: readonly string[],
): Promise<void> {
  const { id: deviceId, siteId } = device;
  await db.delete(deviceMacs).where(eq(deviceMacs.deviceId, deviceId));
  if (macs.length > 0) {
    await db.insert(deviceMacs).values(macs.map((mac) => ({ deviceId, siteId, mac })));
  }
}

export async function listDeviceMacs(
  db: Db,
  deviceIds: readonly number[],
): Promise<{ deviceId: number; siteId: string; mac: string }[]> {
  if (deviceIds.length === 0) return [];
  return await db.select().from(deviceMacs).where(inArray(deviceMacs.deviceId, [...deviceIds]))
    .orderBy(asc(deviceMacs.mac));
}

/** An address that a MAC has been promised, or has a lease for. */
export interface AddressOfMac {
  readonly siteId: string;
  readonly mac: string;
  readonly address: string;
  readonly kind: "reservation" | "lease";
}

/** The addresses of these MACs, at whatever site. */
export async function listAddressesOf(db: Db, macs: readonly string[]): Promise<AddressOfMac[]> {
  if (macs.length === 0) return [];
  const promised = await db
    .select({ siteId: subnets.siteId, mac: ipAddresses.mac, address: ipAddresses.ip })
    .from(ipAddresses).innerJoin(subnets, eq(subnets.id, ipAddresses.subnetId))
    .where(inArray(ipAddresses.mac, [...macs])).orderBy(asc(ipAddresses.id));
  const leased = await db
    .select({ siteId: leases.siteId, mac: leases.mac, address: leases.ipv4 })
    .from(leases).where(and(inArray(leases.mac, [...macs]), isNull(leases.endedAt)))
    .orderBy(asc(leases.id));
  return [
    ...promised.flatMap(({ mac, ...row }) =>
      mac === null ? [] : [{ ...row, mac, kind: "reservation" as const }]
    ),
    ...leased.map((row) => ({ ...row, kind: "lease" as const })),
  ];
}
