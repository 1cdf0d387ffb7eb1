import { bumpGeneration } from "@/region/db/queries/sites.ts";
import { images } from "@/region/db/schema/images.ts";
import { interfaces } from "@/region/db/schema/interfaces.ts";
import { type MachineRow, machines } from "@/region/db/schema/machines.ts";
import { type OperationRow, operations } from "@/region/db/schema/operations.ts";
import type { MachineStatus, OperationKind } from "@/shared/machine/lifecycle.ts";
import { bootPlanFor } from "@/shared/machine/boot_plans.ts";
import { publishSiteState } from "@/region/services/sites/publish_state.ts";
import { sealUnder } from "@/region/tokens/seal.ts";
import type { RegionUnderTest } from "./region_under_test.ts";

let made = 0;

/** A machine with a BMC and one interface, in this status; its state is not published. */
export async function seedMachine(
  { ctx }: RegionUnderTest,
  siteId: string,
  status: MachineStatus,
): Promise<MachineRow & { mac: string }> {
  const number = String(++made).padStart(4, "0");
  const mac = `52:54:00:00:${number.slice(0, 2)}:${number.slice(2)}`;
  const [machine] = await ctx.db.insert(machines).values({
    systemId: `mm${number}`,
    siteId,
    hostname: `node-${number}`,
    architecture: "amd64",
    status,
    statusChangedAt: ctx.now(),
    bmc: {
      kind: "ipmi",
      address: "10.9.0.1",
      port: 623,
      username: "admin",
      sealedPassword: await sealUnder(ctx.secrets.sealKey, "bmc password"),
    },
    createdAt: ctx.now(),
  }).returning();
  if (!machine) throw new Error("an insert returns its row");
  await ctx.db.insert(interfaces).values({ machineId: machine.id, siteId, name: "eth0", mac });
  await bumpGeneration(ctx.db, siteId);
  return { ...machine, mac };
}

/** An operation under way since now; published. */
export async function seedOperation(
  { ctx }: RegionUnderTest,
  machine: MachineRow,
  kind: OperationKind,
  more: Partial<OperationRow> = {},
): Promise<OperationRow> {
  const plan = bootPlanFor(kind, { hasBmc: true }) ?? null;
  const [operation] = await ctx.db.insert(operations).values({
    id: `o-${++made}`,
    machineId: machine.id,
    siteId: machine.siteId,
    kind,
    state: "running",
    plan,
    askedAt: ctx.now(),
    deadlineAt: plan && new Date(ctx.now().getTime() + plan.deadlineSeconds * 1000),
    ...more,
  }).returning();
  if (!operation) throw new Error("an insert returns its row");
  await bumpGeneration(ctx.db, machine.siteId);
  await publishSiteState(ctx, machine.siteId);
  return operation;
}

export async function seedImage({ ctx }: RegionUnderTest, version: string): Promise<string> {
  const id = `i-${version}`;
  const file = (name: string, role: "kernel" | "initrd" | "squashfs", digit: string) => ({
    name,
    role,
    sha256: digit.repeat(64),
    bytes: 1,
  });
  await ctx.db.insert(images).values({
    id,
    product: "test:debian:amd64",
    version,
    title: "Debian",
    os: "debian",
    release: "bookworm",
    releaseTitle: "12",
    architecture: "amd64",
    kind: "os",
    files: [
      file("vmlinuz", "kernel", "1"),
      file("initrd", "initrd", "2"),
      file("root", "squashfs", "3"),
    ],
    sourceUrl: "https://images.example",
    createdAt: ctx.now(),
  });
  return id;
}

/** What a collector found in a machine. */
export const INVENTORY = {
  architecture: "x86_64",
  firmware: "uefi",
  system: { serial: "S1" },
  cpu: { cores: 4 },
  memoryMib: 2048,
  interfaces: [{ name: "eth0", mac: "52:54:00:aa:00:01" }, {
    name: "eth1",
    mac: "52:54:00:aa:00:02",
  }],
  disks: [{ name: "sda", path: "/dev/sda", bytes: 1_000_000 }],
};
