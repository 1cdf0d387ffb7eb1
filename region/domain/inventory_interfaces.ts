import { DomainError } from "@/shared/errors/domain_error.ts";
import type { Inventory } from "@/shared/contract/inventory.ts";
import { parseMacAddress } from "@/shared/net/mac_address.ts";

/** An interface worth remembering a machine by. */
export interface FoundInterface {
  readonly name: string;
  readonly mac: string;
}

/**
 * The interfaces of an inventory by which the machine can be known again, `bootMac` first.
 *
 * Left out: what is no EUI-48 (InfiniBand has 20 bytes), all zeros (tunnels), and repeats (a bond
 * shows its member's address twice).
 */
export function inventoryInterfaces(inventory: Inventory, bootMac?: string): FoundInterface[] {
  const found = new Map<string, FoundInterface>();
  for (const { name, mac } of inventory.interfaces) {
    const parsed = tryMac(mac);
    if (parsed && parsed !== "00:00:00:00:00:00" && !found.has(parsed)) {
      found.set(parsed, { name, mac: parsed });
    }
  }
  const boot = bootMac === undefined ? undefined : tryMac(bootMac);
  if (boot === undefined) return [...found.values()];
  const first = found.get(boot) ?? { name: "boot", mac: boot };
  found.delete(boot);
  return [first, ...found.values()];
}

function tryMac(text: string): string | undefined {
  try {
    return parseMacAddress(text);
  } catch (error) {
    if (error instanceof DomainError) return undefined;
    throw error;
  }
}
