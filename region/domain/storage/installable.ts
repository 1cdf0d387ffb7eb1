import type { Inventory } from "@/shared/contract/inventory.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { chooseInstallTarget, type InstallTarget } from "../install_target.ts";
import { checkStorage } from "./check_storage.ts";
import { planStorage } from "./layouts.ts";
import { type StoragePlan, type StorageWish } from "@/shared/machine/storage.ts";

/** Room for the system and a little work. */
const ROOT_BYTES_MIN = 3 * 1024 ** 3;

/**
 * Where a machine with this wish is installed to.
 *
 * Throws `conflict`: nothing or too little is known or there, the wish does not fit the disks that
 * were found last, nothing is mounted at `/`, or the installer cannot carry the layout out yet.
 */
export function installTargetOf(
  wish: StorageWish | null,
  inventory: Inventory | null,
): InstallTarget {
  const target = chooseInstallTarget(inventory);
  if (wish === null) return target;
  const plan = planStorage(wish, inventory);
  checkStillFits(plan, inventory);
  if (!plan.filesystems.some(({ mountPoint }) => mountPoint === "/")) {
    throw refuse(
      "storage.no_root",
      "nothing is mounted at /; choose a layout with a root filesystem",
    );
  }
  if (wish.layout !== "flat") {
    throw refuse(
      "storage.not_installable",
      `the installer cannot carry out the ${wish.layout} layout yet; it can do flat`,
    );
  }
  const disk = inventory?.disks.find(({ name }) => name === plan.tables[0]?.disk);
  if (!disk) return target;
  if (disk.bytes < ROOT_BYTES_MIN) {
    throw refuse(
      "storage.disk_too_small",
      `${disk.name} has ${disk.bytes} bytes; a system needs ${ROOT_BYTES_MIN}`,
    );
  }
  return { ...target, diskPath: disk.path };
}

/** Disks may have been pulled or swapped since the wish was made. */
function checkStillFits(plan: StoragePlan, inventory: Inventory | null): void {
  try {
    checkStorage(plan, inventory?.disks ?? []);
  } catch (cause) {
    if (!(cause instanceof DomainError)) throw cause;
    throw refuse("storage.does_not_fit", `the storage does not fit the disks: ${cause.message}`);
  }
}

function refuse(code: string, message: string): DomainError {
  return new DomainError({ kind: "conflict", code, message });
}
