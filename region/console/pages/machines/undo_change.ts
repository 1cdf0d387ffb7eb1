import type { ManyChange } from "../../api/machine_actions.ts";
import type { FleetMachine } from "../../fleet/fleet.ts";

/** What brings these machines back to how they were. */
export interface Undo {
  readonly systemIds: readonly string[];
  readonly change: ManyChange;
}

type Before = Pick<FleetMachine, "systemId" | "zone" | "pool" | "tags">;

/** By machines as they were before the change; those that go back alike are asked together. */
export function undoOf(change: ManyChange, machines: readonly Before[]): Undo[] {
  const groups = new Map<string, { systemIds: string[]; change: ManyChange }>();
  for (const machine of machines) {
    const back = backOf(change, machine);
    if (Object.keys(back).length === 0) continue;
    const key = JSON.stringify(back);
    const group = groups.get(key);
    if (group) group.systemIds.push(machine.systemId);
    else groups.set(key, { systemIds: [machine.systemId], change: back });
  }
  return [...groups.values()];
}

function backOf({ zone, pool, tags }: ManyChange, before: Before): ManyChange {
  const add = (tags?.remove ?? []).filter((tag) => before.tags.includes(tag));
  const remove = (tags?.add ?? []).filter((tag) => !before.tags.includes(tag));
  const tagsBack = {
    ...(add.length > 0 ? { add } : {}),
    ...(remove.length > 0 ? { remove } : {}),
  };
  return {
    ...(zone !== undefined && zone !== before.zone ? { zone: before.zone } : {}),
    ...(pool !== undefined && pool !== before.pool ? { pool: before.pool } : {}),
    ...(Object.keys(tagsBack).length > 0 ? { tags: tagsBack } : {}),
  };
}
