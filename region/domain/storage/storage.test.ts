import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Inventory } from "@/shared/contract/inventory.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { type Disk, EMPTY_PLAN, MIB, type StoragePlan } from "@/shared/machine/storage.ts";
import { findFaults } from "./check_storage.ts";
import { listDevices, Sizes } from "./devices.ts";
import { installStorageOf } from "./installable.ts";
import { planStorage } from "./layouts.ts";

const GIB = 1024 ** 3;
const DISKS: Disk[] = ["sda", "sdb", "sdc", "sdd"].map((name) => ({
  name,
  path: `/dev/${name}`,
  bytes: 10 * GIB,
}));
const MACHINE: Inventory = {
  architecture: "x86_64",
  firmware: "uefi",
  system: {},
  cpu: { cores: 1 },
  memoryMib: 1,
  interfaces: [],
  disks: [{ name: "sd-small", path: "/dev/sd-small", bytes: GIB }, ...DISKS],
};
const on = (disk: string, ...sizes: (number | null)[]) => ({
  disk,
  partitions: sizes.map((bytes, i) => ({
    name: `${disk}-part${i + 1}`,
    bytes,
    role: "linux" as const,
  })),
});
const mounted = (device: string, mountPoint: string | null, type: "ext4" | "swap" = "ext4") => ({
  device,
  type,
  label: null,
  mountPoint,
});
const plan = (parts: Partial<StoragePlan>): StoragePlan => ({ ...EMPTY_PLAN, ...parts });
const faultsOf = (parts: Partial<StoragePlan>) =>
  findFaults(plan(parts), DISKS).map(({ field, detail }) => `${field}: ${detail}`);

describe("layouts", () => {
  test("flat is what the firmware needs and one root on the rest, on the first big disk", () => {
    const flat = planStorage({ layout: "flat" }, MACHINE);
    expect(flat.tables).toEqual([{
      disk: "sda",
      partitions: [
        { name: "sda-part1", bytes: 512 * MIB, role: "efi" },
        { name: "sda-part2", bytes: null, role: "linux" },
      ],
    }]);
    expect(flat.filesystems.map(({ device, mountPoint }) => [device, mountPoint]))
      .toEqual([["sda-part1", "/boot/efi"], ["sda-part2", "/"]]);
    const bios = planStorage({ layout: "flat", disk: "sdc" }, { ...MACHINE, firmware: "bios" });
    expect(bios.tables[0]).toMatchObject({ disk: "sdc", partitions: [{ role: "bios_boot" }, {}] });
  });

  test("raid is a mirror of what the firmware leaves of all big disks", () => {
    const { tables, raids, filesystems } = planStorage({ layout: "raid" }, MACHINE);
    expect(tables.map(({ disk }) => disk)).toEqual(["sda", "sdb", "sdc", "sdd"]);
    expect(raids).toMatchObject([{ level: 1, members: DISKS.map(({ name }) => `${name}-part2`) }]);
    expect(filesystems.map(({ device, mountPoint }) => [device, mountPoint]))
      .toEqual([["sda-part1", "/boot/efi"], ["md0", "/"]]);
    const two = planStorage({ layout: "raid", level: 0, disks: ["sdb", "sd-small"] }, MACHINE);
    expect(two.raids).toMatchObject([{ level: 0, members: ["sdb-part2", "sd-small-part2"] }]);
  });

  test("all fit the disks they were made for", () => {
    for (const layout of ["flat", "lvm", "raid", "blank"] as const) {
      for (const firmware of ["uefi", "bios"] as const) {
        const made = planStorage({ layout }, { ...MACHINE, firmware });
        expect(findFaults(made, MACHINE.disks)).toEqual([]);
      }
    }
  });
});

describe("findFaults", () => {
  test("has nothing to say about a RAID with volumes, several mounts and swap", () => {
    expect(faultsOf({
      tables: [on("sda", GIB, null), on("sdb", null)],
      raids: [{ name: "md0", level: 1, members: ["sda-part2", "sdb-part1"], spares: [] }],
      volumeGroups: [{
        name: "vg0",
        members: ["md0", "sdc"],
        volumes: [{ name: "root", bytes: 4 * GIB }, { name: "home", bytes: null }],
      }],
      filesystems: [
        mounted("vg0/root", "/"),
        mounted("vg0/home", "/home"),
        mounted("sda-part1", null, "swap"),
        mounted("sdd", "/srv/data-1"),
      ],
    })).toEqual([]);
  });

  test.each<[Partial<StoragePlan>, string]>([
    [{ tables: [on("sdx", null)] }, "plan.tables[0].disk: no such disk; there are sda, sdb"],
    [{ tables: [on("sda", null), on("sda", null)] }, "plan.tables[1].disk: this disk has a table"],
    [{ tables: [on("sda", 11 * GIB)] }, "plan.tables[0].partitions: 11811160064 bytes are wanted"],
    [{ tables: [on("sda", 10 * GIB - 2 * MIB, null)] }, "plan.tables[0].partitions: 107"],
    [{ tables: [on("sda", null, GIB)] }, "plan.tables[0].partitions[0].bytes: only the last one"],
    [{ tables: [on("sda", 0)] }, "plan.tables[0].partitions[0].bytes: 0 bytes are too few"],
    [
      { raids: [{ name: "md0", level: 5, members: ["sda", "sdb"], spares: [] }] },
      "plan.raids[0].members: RAID 5 needs 3 members, not 2",
    ],
    [
      { raids: [{ name: "md0", level: 0, members: ["sda", "sdb"], spares: ["sdc"] }] },
      "plan.raids[0].spares: RAID 0",
    ],
    [
      { raids: [{ name: "md0", level: 1, members: ["sda", "sda"], spares: [] }] },
      "plan.raids[0].members[1]: plan.raids[0].members[0] uses it already",
    ],
    [
      { raids: [{ name: "sda", level: 1, members: ["sdb", "sdc"], spares: [] }] },
      "plan: this name",
    ],
    [
      {
        raids: [
          { name: "md0", level: 1, members: ["md1", "sda"], spares: [] },
          { name: "md1", level: 1, members: ["md0", "sdb"], spares: [] },
        ],
      },
      "plan: this is, by its members, part of itself",
    ],
    [
      {
        volumeGroups: [{
          name: "vg0",
          members: ["vg0/root"],
          volumes: [{ name: "root", bytes: GIB }],
        }],
      },
      "plan: this is, by its members, part of itself",
    ],
    [
      {
        volumeGroups: [{
          name: "vg0",
          members: ["sda"],
          volumes: [{ name: "a", bytes: 10 * GIB }],
        }],
      },
      "plan.volumeGroups[0].volumes: 10737418240 bytes are wanted, and there are 10733223936",
    ],
    [{ volumeGroups: [{ name: "vg0", members: [], volumes: [] }] }, "a group has at least one"],
    [{ filesystems: [mounted("nothing", "/")] }, "plan.filesystems[0].device: there is nothing"],
    [
      { tables: [on("sda", null)], filesystems: [mounted("sda", "/")] },
      "plan.filesystems[0].device: plan.tables[0] uses it already",
    ],
    [
      { filesystems: [mounted("sda", "/x"), mounted("sdb", "/x")] },
      "plan.filesystems[1].mountPoint: plan.filesystems[0] is mounted there",
    ],
    [{ filesystems: [mounted("sda", "/x", "swap")] }, "plan.filesystems[0].mountPoint: swap"],
    ...["/etc", "/proc/1", "/dev", "/lib64"].map((path): [Partial<StoragePlan>, string] => [
      { filesystems: [mounted("sda", path)] },
      "plan.filesystems[0].mountPoint: a system needs this on the filesystem of /",
    ]),
    [
      { filesystems: [{ ...mounted("sda", "/var/lib"), type: "vfat" }] },
      "plan.filesystems[0].mountPoint: vfat keeps neither owners nor links",
    ],
    [
      { filesystems: [{ ...mounted("sda", "/"), mountOptions: "noatime,subvol=@" }] },
      "plan.filesystems[0].mountOptions: the installer makes no subvolumes",
    ],
    [
      {
        tables: [on("sda", 299 * MIB)],
        filesystems: [{ ...mounted("sda-part1", "/x"), type: "xfs" }],
      },
      "plan.filesystems[0].device: 313524224 bytes are too few; xfs needs 314572800",
    ],
    ...["0", "md+0", "m".repeat(33)].map((name): [Partial<StoragePlan>, string] => [
      { raids: [{ name, level: 1, members: ["sda", "sdb"], spares: [] }] },
      "plan.raids[0].name: use at most 32",
    ]),
    [
      {
        volumeGroups: [{
          name: "vg",
          members: ["sda"],
          volumes: [{ name: "a_tmeta", bytes: GIB }],
        }],
      },
      "plan.volumeGroups[0].volumes[0].name: LVM keeps this name to itself",
    ],
    ...["x", "/x/", "//", "/../etc", "/a b", "/$(id)", ""].map((
      path,
    ): [Partial<StoragePlan>, string] => [
      { filesystems: [mounted("sda", path)] },
      "plan.filesystems[0].mountPoint: use a path",
    ]),
  ])("%j", (parts, expected) => {
    expect(faultsOf(parts).join("\n")).toContain(expected);
  });

  test("never fails on plans made of any names that mean each other, and ends", () => {
    const name = fc.constantFrom(
      "sda",
      "sdb",
      "p1",
      "p2",
      "md0",
      "md1",
      "vg0",
      "vg0/a",
      "vg1/a",
      "x",
    );
    const bytes = fc.constantFrom(null, 0, MIB, GIB, 2 ** 53 - 1);
    const names = fc.array(name, { maxLength: 5 });
    const plans = fc.record<StoragePlan>({
      tables: fc.array(
        fc.record({
          disk: name,
          partitions: fc.array(fc.record({ name, bytes, role: fc.constant("linux" as const) })),
        }),
        { maxLength: 3 },
      ),
      raids: fc.array(
        fc.record({
          name,
          level: fc.constantFrom(0 as const, 1 as const, 5 as const, 6 as const, 10 as const),
          members: names,
          spares: names,
        }),
        { maxLength: 3 },
      ),
      volumeGroups: fc.array(
        fc.record({
          name: fc.constantFrom("vg0", "vg1"),
          members: names,
          volumes: fc.array(fc.record({ name: fc.constantFrom("a", "b"), bytes }), {
            maxLength: 3,
          }),
        }),
        { maxLength: 3 },
      ),
      filesystems: fc.array(
        fc.record({
          device: name,
          type: fc.constantFrom("ext4" as const, "swap" as const),
          label: fc.constant(null),
          mountPoint: fc.constantFrom(null, "/", "/home"),
        }),
        { maxLength: 4 },
      ),
    });
    fc.assert(
      fc.property(plans, (made) => {
        const faults = findFaults(made, DISKS);
        expect(faults.length).toBeLessThanOrEqual(50);
        if (faults.length > 0) return;
        // A plan without faults never hands out more than the disks have.
        const { devices } = listDevices(made, DISKS);
        const sizes = new Sizes(made, devices);
        const onDevices = made.filesystems.reduce((sum, { device }) => sum + sizes.of(device), 0);
        expect(onDevices).toBeLessThanOrEqual(DISKS.length * 10 * GIB);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("installStorageOf", () => {
  const BIOS: Inventory = { ...MACHINE, firmware: "bios" };
  const codeOf = (...args: Parameters<typeof installStorageOf>) => {
    try {
      return installStorageOf(...args).plan.tables.map(({ disk }) => disk).join(" ");
    } catch (error) {
      return error instanceof DomainError ? error.code : error;
    }
  };
  const custom = (parts: Partial<StoragePlan>) => ({
    layout: "custom" as const,
    plan: plan(parts),
  });
  const part = (name: string, role: "efi" | "bios_boot" | "linux", bytes: number | null) => ({
    name,
    role,
    bytes,
  });

  test("says where to, or why not", () => {
    expect(codeOf({ layout: "flat" }, MACHINE)).toBe("sda");
    expect(codeOf({ layout: "flat" }, MACHINE)).toBe("sda");
    expect(codeOf({ layout: "flat", disk: "sdc" }, MACHINE)).toBe("sdc");
    expect(codeOf({ layout: "lvm" }, MACHINE)).toBe("sda");
    expect(codeOf({ layout: "raid" }, MACHINE)).toBe("sda sdb sdc sdd");
    expect(codeOf({ layout: "raid", level: 5, disks: ["sda", "sdb"] }, MACHINE))
      .toBe("storage.does_not_fit");
    expect(codeOf({ layout: "flat", disk: "sd-small" }, MACHINE)).toBe("storage.root_too_small");
    expect(codeOf({ layout: "lvm", rootBytes: GIB }, MACHINE)).toBe("storage.root_too_small");
    expect(codeOf({ layout: "flat", disk: "gone" }, MACHINE)).toBe("storage.does_not_fit");
    expect(codeOf({ layout: "blank" }, MACHINE)).toBe("storage.no_root");
    expect(codeOf({ layout: "flat" }, null)).toBe("machine.no_inventory");
    expect(codeOf({ layout: "flat" }, { ...MACHINE, disks: [] })).toBe("machine.no_disk");
  });

  test("asks for what the firmware starts from", () => {
    const root = mounted("root", "/");
    const efi = { ...mounted("efi", "/boot/efi"), type: "vfat" as const };
    const table = (role: "efi" | "bios_boot" | "linux") => [{
      disk: "sda",
      partitions: [part("efi", role, 64 * MIB), part("root", "linux", null)],
    }];
    const raw = custom({ filesystems: [mounted("sda", "/")] });
    expect(codeOf(raw, MACHINE)).toBe("storage.not_bootable");
    expect(codeOf(raw, BIOS)).toBe("storage.not_bootable");
    const bios = custom({ tables: table("bios_boot"), filesystems: [root] });
    expect([codeOf(bios, BIOS), codeOf(bios, MACHINE)]).toEqual(["sda", "storage.not_bootable"]);
    const uefi = custom({ tables: table("efi"), filesystems: [root, efi] });
    expect([codeOf(uefi, BIOS), codeOf(uefi, MACHINE)]).toEqual(["storage.not_bootable", "sda"]);
    const unmounted = custom({ tables: table("efi"), filesystems: [root] });
    expect(codeOf(unmounted, MACHINE)).toBe("storage.not_bootable");
    const elsewhere = custom({ tables: table("linux"), filesystems: [root, efi] });
    expect(codeOf(elsewhere, MACHINE)).toBe("storage.not_bootable");
  });
});
