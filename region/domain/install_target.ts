import type { Inventory } from "@/shared/contract/inventory.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";

/** Room for the system, its boot partitions and a little work. */
const DISK_BYTES_MIN = 3 * 1024 ** 3;

/** Where a machine is installed to. */
export interface InstallTarget {
  readonly firmware: "bios" | "uefi";
  /** Such as `/dev/sda`. */
  readonly diskPath: string;
}

/**
 * The first disk of the inventory that is big enough.
 *
 * Throws `conflict` when the machine was never looked into, or has no such disk.
 */
export function chooseInstallTarget(inventory: Inventory | null): InstallTarget {
  if (!inventory) {
    throw new DomainError({
      kind: "conflict",
      code: "machine.no_inventory",
      message: "nothing is known of this machine's disks; commission it first",
    });
  }
  const disk = inventory.disks.find(({ bytes }) => bytes >= DISK_BYTES_MIN);
  if (!disk) {
    const seen = inventory.disks.map(({ name, bytes }) => `${name} (${bytes} bytes)`);
    throw new DomainError({
      kind: "conflict",
      code: "machine.no_disk",
      message: `no disk has the ${DISK_BYTES_MIN} bytes that a system needs; ` +
        (seen.length > 0 ? `found ${seen.join(", ")}` : "the machine showed no disk"),
    });
  }
  return { firmware: inventory.firmware, diskPath: disk.path };
}
