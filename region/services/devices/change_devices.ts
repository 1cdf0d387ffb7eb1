import type { RegionContext } from "@/region/context.ts";
import type { Db } from "@/region/db/client.ts";
import {
  deleteDevice as deleteRow,
  type DeviceChange,
  type DeviceRow,
  insertDevice,
  replaceDeviceMacs,
  updateDevice as updateRow,
} from "@/region/db/queries/devices.ts";
import { listInterfacesByMac } from "@/region/db/queries/interfaces.ts";
import { bumpGeneration, findSite } from "@/region/db/queries/sites.ts";
import { recordChange } from "@/region/services/audit/record_change.ts";
import { expectVersion } from "@/region/services/expect_version.ts";
import { mustFind } from "@/region/services/not_found.ts";
import { type Refusals, refuseViolations } from "@/region/services/refuse_violations.ts";
import { ChangedMeanwhile, retryOnChange } from "@/region/services/retry_on_change.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { parseMacAddress } from "@/shared/net/mac_address.ts";
import { type Caller, requireRole } from "../identity/caller.ts";
import { findMachineInScope } from "../machines/machine_scope.ts";
import { makeSystemId } from "../machines/make_system_id.ts";
import { resolvePlacement } from "../machines/place_machine.ts";
import { type DeviceView, findDeviceInScope, viewDevice } from "./read_devices.ts";

export interface DeviceInput {
  readonly hostname?: string;
  readonly macs?: readonly string[];
  readonly description?: string;
  readonly zone?: string;
  /** By name; null: the default one. */
  readonly domain?: string | null;
  /** The system id of the machine it is part of; null: none. */
  readonly parent?: string | null;
}

/** Adds a device, the caller's own. Throws `conflict` when its name or a MAC is taken. */
export async function createDevice(
  ctx: RegionContext,
  caller: Caller,
  input: DeviceInput & { siteId: string },
): Promise<DeviceView> {
  requireRole(caller, "operator");
  const { siteId, description, macs = [] } = input;
  const systemId = makeSystemId(ctx);
  const hostname = input.hostname ?? `device-${systemId}`;
  return await refuseViolations(refusals(hostname), () =>
    ctx.db.transaction(async (tx) => {
      mustFind(await findSite(tx, siteId), "site", siteId);
      const device = await insertDevice(tx, {
        ...await resolve(tx, caller, siteId, input),
        systemId,
        siteId,
        hostname,
        description,
        ownerUserId: caller.userId,
        createdAt: ctx.now(),
      });
      await setMacs(tx, device, macs);
      const after = await viewDevice(tx, device);
      await recordChange(ctx, tx, caller, {
        action: "device.create",
        id: systemId,
        name: hostname,
        after,
      });
      return after;
    }));
}

/** Changes a device; for its owner and admins. Throws `not_found`, `forbidden` or `conflict`. */
export async function updateDevice(
  ctx: RegionContext,
  caller: Caller,
  input: DeviceInput & { systemId: string; ifVersion?: number },
): Promise<DeviceView> {
  requireRole(caller, "operator");
  const { systemId, hostname, description } = input;
  const attempt = () =>
    ctx.db.transaction(async (tx) => {
      const read = await findDeviceInScope(tx, caller, systemId);
      expectVersion(read, input.ifVersion);
      requireOwner(caller, read);
      const before = await viewDevice(tx, read);
      const row = await updateRow(tx, read, {
        ...await resolve(tx, caller, read.siteId, input),
        ...(hostname === undefined ? {} : { hostname }),
        ...(description === undefined ? {} : { description }),
      });
      if (!row) throw new ChangedMeanwhile();
      if (input.macs) await setMacs(tx, row, input.macs);
      const after = await viewDevice(tx, row);
      const about = { id: systemId, name: row.hostname, before, after };
      await recordChange(ctx, tx, caller, { action: "device.update", ...about });
      return after;
    });
  return await refuseViolations(
    refusals(hostname ?? ""),
    () => retryOnChange(`device ${systemId}`, attempt),
  );
}

/** Forgets a device; for its owner and admins. What its MACs were promised stays. */
export async function deleteDevice(
  ctx: RegionContext,
  caller: Caller,
  input: { systemId: string; ifVersion?: number },
): Promise<void> {
  requireRole(caller, "operator");
  const { systemId, ifVersion } = input;
  await ctx.db.transaction(async (tx) => {
    const read = await findDeviceInScope(tx, caller, systemId);
    expectVersion(read, ifVersion);
    requireOwner(caller, read);
    const before = await viewDevice(tx, read);
    await deleteRow(tx, read.id);
    const about = { id: systemId, name: read.hostname, before };
    await recordChange(ctx, tx, caller, { action: "device.delete", ...about });
  });
}

/** Zone, domain and parent by their names. Throws `not_found`, or `conflict` for a parent elsewhere. */
async function resolve(
  tx: Db,
  caller: Caller,
  siteId: string,
  { zone, domain, parent }: DeviceInput,
): Promise<Pick<DeviceChange, "zoneId" | "domainId" | "parentMachineId">> {
  const place = await resolvePlacement(tx, caller, { zone, domain });
  if (parent === undefined) return place;
  if (parent === null) return { ...place, parentMachineId: null };
  const machine = await findMachineInScope(tx, caller, parent);
  if (machine.siteId === siteId) return { ...place, parentMachineId: machine.id };
  throw new DomainError({
    kind: "conflict",
    code: "device.parent_elsewhere",
    field: "parent",
    value: parent,
    message: `${machine.hostname} is at another site than the device`,
  });
}

/** Locks the site first, so that no machine is taken in with one of the MACs meanwhile. */
async function setMacs(tx: Db, device: DeviceRow, texts: readonly string[]): Promise<void> {
  const macs = [...new Set(texts.map(parseMacAddress))];
  await bumpGeneration(tx, device.siteId);
  const [taken] = await listInterfacesByMac(tx, device.siteId, macs);
  if (taken) {
    throw new DomainError({
      kind: "conflict",
      code: "device.mac_of_machine",
      field: "macs",
      value: taken.mac,
      message: `${taken.mac} belongs to a machine of the site`,
    });
  }
  await replaceDeviceMacs(tx, device, macs);
}

function requireOwner(caller: Caller, device: DeviceRow): void {
  if (caller.role === "admin" || device.ownerUserId === caller.userId) return;
  throw new DomainError({
    kind: "forbidden",
    code: "device.not_yours",
    message: `${device.hostname} belongs to somebody else; ask them or an admin`,
  });
}

function refusals(hostname: string): Refusals {
  return {
    devices_site_hostname: {
      code: "device.hostname_taken",
      message: `another device of the site is named ${hostname}`,
      field: "hostname",
    },
    device_macs_site_mac: {
      code: "device.mac_taken",
      message: "another device of the site has one of these MAC addresses",
      field: "macs",
    },
  };
}
