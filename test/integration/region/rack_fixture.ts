import { insertInterfaces } from "@/region/db/queries/interfaces.ts";
import { insertMachine, type MachineBmc } from "@/region/db/queries/machines.ts";
import { upsertImage } from "@/region/db/queries/images.ts";
import { bumpGeneration } from "@/region/db/queries/sites.ts";
import { makeSystemId } from "@/region/services/machines/make_system_id.ts";
import { sealBmc } from "@/region/services/machines/bmc_access.ts";
import type { Inventory } from "@/shared/contract/inventory.ts";
import type { MachineStatus } from "@/shared/machine/lifecycle.ts";
import type { RegionUnderTest } from "./region_under_test.ts";

export const BMC_PASSWORD = "never-show-this";

/** A machine with two disks, the first too small to install to. */
export const INVENTORY: Inventory = {
  architecture: "x86_64",
  firmware: "uefi",
  system: { manufacturer: "QEMU" },
  cpu: { cores: 2 },
  memoryMib: 2048,
  interfaces: [{ name: "ens3", mac: "52:54:00:00:00:01" }],
  disks: [
    { name: "sda", path: "/dev/sda", bytes: 1024 ** 3 },
    { name: "vda", path: "/dev/vda", bytes: 8 * 1024 ** 3 },
  ],
};

let made = 0;

/** A site of a name nobody else has. */
export async function makeSite(region: RegionUnderTest): Promise<string> {
  const { body } = await region.call("POST /api/v1/sites", { body: { name: `site ${++made}` } });
  return body.id;
}

export interface MachineOptions {
  readonly status?: MachineStatus;
  readonly hasBmc?: boolean;
  readonly inventory?: Inventory | null;
  readonly architecture?: string;
}

/** What is stored of a BMC's password; empty: nothing. */
export function sealedPasswordOf(machine: { bmc: MachineBmc | null } | undefined): string {
  const bmc = machine?.bmc;
  return bmc && "sealedPassword" in bmc ? bmc.sealedPassword ?? "" : "";
}

/** A machine as an earlier life left it. */
export async function makeMachine(
  region: RegionUnderTest,
  siteId: string,
  options: MachineOptions = {},
): Promise<string> {
  const { ctx } = region;
  const { status = "Ready", hasBmc = true, inventory = INVENTORY } = options;
  const n = ++made;
  const machine = await insertMachine(ctx.db, {
    systemId: makeSystemId(ctx),
    siteId,
    hostname: `node-${n}`,
    architecture: options.architecture ?? "amd64",
    status,
    statusChangedAt: ctx.now(),
    bmc: hasBmc
      ? await sealBmc(ctx, {
        kind: "ipmi",
        address: "192.0.2.7",
        username: "root",
        password: BMC_PASSWORD,
      })
      : null,
    inventory,
    createdAt: ctx.now(),
  });
  const mac = `52:54:00:01:${hexByte(n >> 8)}:${hexByte(n)}`;
  await insertInterfaces(ctx.db, machine, [{ name: "ens3", mac }]);
  await bumpGeneration(ctx.db, siteId);
  return machine.systemId;
}

/** An image in the table; its files are nowhere. */
export async function makeImage(
  region: RegionUnderTest,
  image: {
    kind?: "os" | "bootloader";
    architecture?: string;
    os?: string;
    release?: string;
  } = {},
): Promise<string> {
  const n = ++made;
  const file = (role: "kernel" | "initrd" | "squashfs") => ({
    name: role,
    role,
    sha256: "0".repeat(64),
    bytes: 1,
  });
  const row = await upsertImage(region.ctx.db, {
    id: `i-test${n}`,
    product: `product ${n}`,
    version: "1",
    title: "Test",
    os: image.os ?? "test",
    release: image.release ?? "1",
    releaseTitle: "One",
    architecture: image.architecture ?? "amd64",
    kind: image.kind ?? "os",
    files: [file("kernel"), file("initrd"), file("squashfs")],
    sourceUrl: "http://images.example.com/",
    createdAt: region.ctx.now(),
  });
  return row.id;
}

function hexByte(value: number): string {
  return (value & 255).toString(16).padStart(2, "0");
}
