import type { Inventory } from "@/shared/contract/inventory.ts";
import { chooseInstallDisk, DISK_BYTES_MIN, requireInventory } from "../install_target.ts";
import {
  EMPTY_PLAN,
  type Filesystem,
  MIB,
  type Partition,
  type StoragePlan,
  type StorageWish,
} from "@/shared/machine/storage.ts";

/**
 * A wish in full, for the disks that were found.
 *
 * Throws `conflict` where a layout needs a disk and none is known or big enough.
 */
export function planStorage(wish: StorageWish, inventory: Inventory | null): StoragePlan {
  switch (wish.layout) {
    case "blank":
      return EMPTY_PLAN;
    case "custom":
      return wish.plan;
    case "flat": {
      const { tables, filesystems } = bootable(wish.disk, inventory);
      const device = tables[0]?.partitions.at(-1)?.name ?? "";
      return { ...EMPTY_PLAN, tables, filesystems: [...filesystems, root(device)] };
    }
    case "lvm": {
      const { tables, filesystems } = bootable(wish.disk, inventory);
      const member = tables[0]?.partitions.at(-1)?.name ?? "";
      // MAAS's names.
      const volumes = [{ name: "lvroot", bytes: wish.rootBytes ?? null }];
      return {
        ...EMPTY_PLAN,
        tables,
        volumeGroups: [{ name: "vgroot", members: [member], volumes }],
        filesystems: [...filesystems, root("vgroot/lvroot")],
      };
    }
    case "raid": {
      const parts = raidDisks(wish.disks, inventory).map((disk) => bootable(disk, inventory));
      const tables = parts.flatMap((each) => each.tables);
      const members = tables.map(({ partitions }) => partitions.at(-1)?.name ?? "");
      return {
        ...EMPTY_PLAN,
        tables,
        raids: [{ name: "md0", level: wish.level ?? 1, members, spares: [] }],
        // One of the EFI partitions is mounted; the installer makes all of them bootable.
        filesystems: [...(parts[0]?.filesystems ?? []), root("md0")],
      };
    }
  }
}

/** Those named, else all that are as big as an install target has to be. */
function raidDisks(
  wanted: readonly string[] | undefined,
  inventory: Inventory | null,
): readonly string[] {
  return wanted ?? requireInventory(inventory).disks
    .filter(({ bytes }) => bytes >= DISK_BYTES_MIN).map(({ name }) => name);
}

/** What the firmware needs, then one partition over the rest. */
function bootable(
  wanted: string | undefined,
  inventory: Inventory | null,
): Pick<StoragePlan, "tables" | "filesystems"> {
  const found = requireInventory(inventory);
  const disk = wanted ?? chooseInstallDisk(found);
  const rest: Partition = { name: `${disk}-part2`, bytes: null, role: "linux" };
  const first = `${disk}-part1`;
  if (found.firmware === "bios") {
    const grub: Partition = { name: first, bytes: MIB, role: "bios_boot" };
    return { tables: [{ disk, partitions: [grub, rest] }], filesystems: [] };
  }
  const efi: Partition = { name: first, bytes: 512 * MIB, role: "efi" };
  const boot: Filesystem = { device: first, type: "vfat", label: "EFI", mountPoint: "/boot/efi" };
  return { tables: [{ disk, partitions: [efi, rest] }], filesystems: [boot] };
}

function root(device: string): Filesystem {
  return { device, type: "ext4", label: "root", mountPoint: "/" };
}
