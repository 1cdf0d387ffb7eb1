import type { Inventory } from "@/shared/contract/inventory.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { requireInventory } from "../install_target.ts";
import { checkStorage } from "./check_storage.ts";
import { listDevices, Sizes } from "./devices.ts";
import { planStorage } from "./layouts.ts";
import type { Disk, StoragePlan, StorageWish } from "@/shared/machine/storage.ts";

/** Room for the system and a little work. */
const ROOT_BYTES_MIN = 2 * 1024 ** 3;

/** What a machine is installed to. */
export interface InstallStorage {
  readonly firmware: Inventory["firmware"];
  readonly plan: StoragePlan;
  /** All that were found, whether the plan uses them or not. */
  readonly disks: readonly Disk[];
}

/**
 * What a machine with this wish is installed to.
 *
 * Throws `conflict`: nothing or too little is known or there, the wish does not fit the disks that
 * were found last, nothing big enough is mounted at `/`, or its firmware could not start it.
 */
export function installStorageOf(
  wish: StorageWish,
  inventory: Inventory | null,
): InstallStorage {
  const { firmware, disks } = requireInventory(inventory);
  const plan = planStorage(wish, inventory);
  checkStillFits(plan, disks);
  checkRoot(plan, disks);
  checkFirmware(plan, firmware);
  return { firmware, plan, disks };
}

/** Disks may have been pulled or swapped since the wish was made. */
function checkStillFits(plan: StoragePlan, disks: readonly Disk[]): void {
  try {
    checkStorage(plan, disks);
  } catch (cause) {
    if (!(cause instanceof DomainError)) throw cause;
    throw refuse("storage.does_not_fit", `the storage does not fit the disks: ${cause.message}`);
  }
}

function checkRoot(plan: StoragePlan, disks: readonly Disk[]): void {
  const root = plan.filesystems.find(({ mountPoint }) => mountPoint === "/");
  if (!root) {
    throw refuse(
      "storage.no_root",
      "nothing is mounted at /; choose a layout with a root filesystem",
    );
  }
  const bytes = new Sizes(plan, listDevices(plan, disks).devices).of(root.device);
  if (bytes < ROOT_BYTES_MIN) {
    throw refuse(
      "storage.root_too_small",
      `${root.device}, which is to be /, has ${bytes} bytes; a system needs ${ROOT_BYTES_MIN}`,
    );
  }
}

/** Where the firmware finds the boot loader; the plan's other parts are found by that. */
function checkFirmware(plan: StoragePlan, firmware: Inventory["firmware"]): void {
  const parts = plan.tables.flatMap(({ partitions }) => partitions);
  const role = firmware === "uefi" ? "efi" : "bios_boot";
  const ours = parts.filter((part) => part.role === role);
  if (ours.length === 0) {
    const what = firmware === "uefi"
      ? "role efi, about 512 MiB, with a vfat filesystem mounted at /boot/efi"
      : "role bios_boot, 1 MiB";
    throw refuse(
      "storage.not_bootable",
      `the machine starts by ${firmware.toUpperCase()}: give a disk a partition of ${what}`,
    );
  }
  if (firmware === "bios") return;
  const efi = plan.filesystems.find(({ mountPoint }) => mountPoint === "/boot/efi");
  if (efi?.type === "vfat" && ours.some(({ name }) => name === efi.device)) return;
  throw refuse(
    "storage.not_bootable",
    `the machine starts by UEFI: put a vfat filesystem on ${
      ours[0]?.name
    } and mount it at /boot/efi`,
  );
}

function refuse(code: string, message: string): DomainError {
  return new DomainError({ kind: "conflict", code, message });
}
