import { describe, expect, test } from "vitest";
import { EMPTY_PLAN, MIB, type StoragePlan, type StorageWish } from "@/shared/machine/storage.ts";
import type { Inventory } from "@/shared/contract/inventory.ts";
import { installStorageOf } from "../storage/installable.ts";
import { compileInstallPlan, type InstallInput } from "./install_plan.ts";

const GIB = 1024 ** 3;
const machine = (firmware: "bios" | "uefi", ...disks: string[]): Inventory => ({
  architecture: "x86_64",
  firmware,
  system: {},
  cpu: { cores: 1 },
  memoryMib: 1,
  interfaces: [],
  disks: disks.map((name) => ({
    name,
    path: `/dev/${name}`,
    bytes: 8 * GIB,
    serial: `S-${name}`,
  })),
});

function input(wish: StorageWish, inventory: Inventory, more: Partial<InstallInput> = {}) {
  const { firmware, plan, disks } = installStorageOf(wish, inventory);
  const rest = { hostname: "node-abc234", bootMac: "52:54:00:00:00:01", kernelOptions: "" };
  return { ...rest, firmware, storage: plan, disks, ...more };
}
const compile = (...args: Parameters<typeof input>) => compileInstallPlan(input(...args));
const flat = compile({ layout: "flat" }, machine("bios", "vda"));
const custom = (parts: Partial<StoragePlan>): StorageWish => ({
  layout: "custom",
  plan: { ...EMPTY_PLAN, ...parts },
});

test("compileInstallPlan() numbers its steps without a gap", () => {
  const steps = [...flat.matchAll(/^echo "== step (\d+)\/(\d+): (.+)"$/gm)];
  expect(steps.map(([, number]) => Number(number))).toEqual(steps.map((_, i) => i + 1));
  expect(new Set(steps.map(([, , of]) => of))).toEqual(new Set([String(steps.length)]));
});

test("the plan ends at the first command that fails, and holds no secret", () => {
  expect(flat).toContain("\nset -eu\n");
  expect(flat).not.toMatch(/token|secret|password/i);
});

test("the image's kernel options reach the installed system's command line", () => {
  const plan = compile({ layout: "flat" }, machine("bios", "vda"), { kernelOptions: "iommu=pt" });
  expect(plan).toContain(" root=$ROOT ro console=tty0 console=ttyS0,115200 iommu=pt\n");
});

describe("what runs is this, to the letter:", () => {
  test("a whole-disk image on a UEFI machine with a mirror wished for", async () => {
    const plan = compile({ layout: "raid" }, machine("uefi", "nvme0n1", "nvme1n1"), {
      root: "root-dd.gz",
    });
    expect(plan).not.toContain("$DISK2"); // the second disk is left alone
    await expect(plan).toMatchFileSnapshot("./whole_disk.golden.sh");
  });

  test("an archive of the root is unpacked where a squashfs would be, and nothing else differs", () => {
    const of = (root: "squashfs" | "root-tgz" | "root-txz") =>
      compile({ layout: "flat" }, machine("bios", "vda"), { root }).split("\n");
    const squashfs = new Set(of("squashfs"));
    const added = of("root-txz").filter((line) => !squashfs.has(line)).join("\n");
    expect(added).toContain("tar --extract --xz");
    expect(of("root-tgz").join("\n")).toContain("tar --extract --gzip");
    expect(added).not.toContain("mkfs");
  });

  test("flat on a BIOS machine", async () => {
    await expect(flat).toMatchFileSnapshot("./flat_bios.golden.sh");
  });

  test("a mirror on a UEFI machine", async () => {
    const plan = compile({ layout: "raid" }, machine("uefi", "nvme0n1", "nvme1n1"));
    await expect(plan).toMatchFileSnapshot("./raid_uefi.golden.sh");
  });

  test("volumes on a RAID with a spare, /boot and swap apart, options, data on whole disks", async () => {
    const part = (disk: string) => ({
      disk,
      partitions: [
        { name: `${disk}-grub`, bytes: MIB, role: "bios_boot" as const },
        { name: `${disk}-boot`, bytes: 512 * MIB + 1, role: "linux" as const },
        { name: `${disk}-swap`, bytes: GIB, role: "linux" as const },
        { name: `${disk}-rest`, bytes: null, role: "linux" as const },
      ],
    });
    const letters = ["a", "b", "c", "d"];
    const filesystem = { label: null, mountPoint: null };
    const wish = custom({
      tables: letters.map((letter) => part(`sd${letter}`)),
      // The group is listed before the RAID that it is made of is.
      volumeGroups: [{
        name: "vg-0",
        members: ["md-rest"],
        volumes: [{ name: "root-1", bytes: 4 * GIB + 5 }, { name: "var", bytes: null }],
      }],
      raids: [
        { name: "boot", level: 1, members: ["sda-boot", "sdb-boot"], spares: [] },
        {
          name: "md-rest",
          level: 5,
          members: letters.slice(0, 3).map((l) => `sd${l}-rest`),
          spares: ["sdd-rest"],
        },
      ],
      filesystems: [
        { ...filesystem, device: "vg-0/var", type: "xfs", mountPoint: "/var" },
        {
          ...filesystem,
          device: "sde",
          type: "btrfs",
          mountPoint: "/srv/data",
          label: "data",
          mountOptions: "noatime,nofail",
        },
        { ...filesystem, device: "boot", type: "ext4", mountPoint: "/boot" },
        { ...filesystem, device: "sda-swap", type: "swap" },
        { ...filesystem, device: "vg-0/root-1", type: "ext4", mountPoint: "/" },
        { ...filesystem, device: "sdf", type: "vfat", mountPoint: "/srv/data/usb" },
      ],
    });
    const plan = compile(wish, machine("bios", "sda", "sdb", "sdc", "sdd", "sde", "sdf", "sdg"));
    expect(plan).not.toContain("sdg");
    await expect(plan).toMatchFileSnapshot("./custom_bios.golden.sh");
  });
});

describe("a disk", () => {
  test("is known by its serial only where a shell takes it as it is", () => {
    const found = machine("bios", "vda");
    const withSerial = (serial: string | undefined) =>
      compile({ layout: "flat" }, { ...found, disks: found.disks.map((d) => ({ ...d, serial })) });
    expect(withSerial("WD-1.2:3")).toContain('DISK1=$(find_disk /dev/vda 8589934592 "WD-1.2:3")');
    for (const serial of [undefined, "", "a b", '"$(reboot)"', "`x`", "x".repeat(65)]) {
      expect(withSerial(serial)).toContain('DISK1=$(find_disk /dev/vda 8589934592 "")');
    }
  });

  test("that is raw in a group is let go of, and only disks that are named", () => {
    const found = machine("bios", "vda", "vdb", "vdc");
    const { tables, filesystems } = installStorageOf({ layout: "flat" }, found).plan;
    const volumeGroups = [{ name: "data", members: ["vdc"], volumes: [] }];
    const plan = compile(custom({ tables, filesystems, volumeGroups }), found);
    expect(plan).toContain("== step 2/12: let go of vda, vdc");
    expect(plan).toContain("It erases vda, vdc and touches no other disk.");
    expect(plan).not.toContain("vdb");
  });
});

test("an image that lacks what its disks need is found out before it is booted", () => {
  const programs = (wish: StorageWish) =>
    /for program in (.+); do\n {2}chroot/.exec(compile(wish, machine("bios", "vda", "vdb")))?.[1];
  expect(programs({ layout: "flat" })).toBeUndefined();
  expect(programs({ layout: "lvm" })).toBe("lvm update-initramfs");
  expect(programs({ layout: "raid" })).toBe("mdadm update-initramfs");
});

describe("a value that a shell would act on is refused:", () => {
  const good = input({ layout: "flat" }, machine("bios", "vda"));
  const refused = (more: Partial<InstallInput>, field: string) =>
    expect(() => compileInstallPlan({ ...good, ...more })).toThrowError(
      expect.objectContaining({ code: "install.unusable_input", field }),
    );

  test.each(["a; rm -rf /", "-x", ""])("host name %j", (hostname) => {
    refused({ hostname }, "hostname");
  });

  test.each(["quiet$(reboot)", 'quiet"', "a\nb"])("kernel options %j", (kernelOptions) => {
    refused({ kernelOptions }, "kernelOptions");
  });

  test.each(["/dev/sda$(reboot)", "/etc/passwd", "/dev/", "/dev/a b"])("disk %j", (path) => {
    refused({ disks: good.disks.map((disk) => ({ ...disk, path })) }, "disks");
  });

  const filesystem = { device: "vda-part2", type: "ext4", label: null, mountPoint: "/" } as const;
  test.each<Partial<StoragePlan>>([
    { filesystems: [{ ...filesystem, label: "a b" }] },
    { filesystems: [{ ...filesystem, mountPoint: "/$(id)" }] },
    { filesystems: [{ ...filesystem, mountPoint: "/a b" }] },
    { filesystems: [{ ...filesystem, mountOptions: "noatime;id" }] },
    { filesystems: [{ ...filesystem, mountOptions: "a\nb" }] },
    { filesystems: [{ ...filesystem, device: "vda-part2;id" }] },
    { raids: [{ name: "md0;id", level: 1, members: [], spares: [] }] },
    { volumeGroups: [{ name: "vg", members: [], volumes: [{ name: "$(id)", bytes: null }] }] },
    { tables: [{ disk: "vda", partitions: [{ name: "a,b", bytes: null, role: "linux" }] }] },
  ])("storage %j", (storage) => {
    refused({ storage: { ...good.storage, ...storage } }, "storage");
  });
});
