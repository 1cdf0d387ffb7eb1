import type { Inventory } from "@/shared/contract/inventory.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";

/** Room for the system, its boot partitions and a little work. */
export const DISK_BYTES_MIN = 3 * 1024 ** 3;

/** Throws `conflict` when the machine was never looked into. */
export function requireInventory(inventory: Inventory | null): Inventory {
  if (inventory) return inventory;
  throw new DomainError({
    kind: "conflict",
    code: "machine.no_inventory",
    message: "nothing is known of this machine's disks; commission it first",
  });
}

/**
 * The name of the first disk that is big enough to install to.
 *
 * Throws `conflict` when there is no such disk.
 */
export function chooseInstallDisk({ disks }: Inventory): string {
  const disk = disks.find(({ bytes }) => bytes >= DISK_BYTES_MIN);
  if (disk) return disk.name;
  const seen = disks.map(({ name, bytes }) => `${name} (${bytes} bytes)`);
  throw new DomainError({
    kind: "conflict",
    code: "machine.no_disk",
    message: `no disk has the ${DISK_BYTES_MIN} bytes that a system needs; ` +
      (seen.length > 0 ? `found ${seen.join(", ")}` : "the machine showed no disk"),
  });
}
