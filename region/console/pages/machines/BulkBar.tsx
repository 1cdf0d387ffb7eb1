import { useState } from "preact/hooks";
import {
  allowedActions,
  MACHINE_ACTIONS,
  type MachineAction,
  ROLES,
  weakestRoleFor,
} from "@/shared/machine/lifecycle.ts";
import { session } from "../../api/session.ts";
import { useStore } from "../../api/store.ts";
import type { FleetMachine } from "../../fleet/fleet.ts";
import { ACTION_NAMES, bulkText, machinesText } from "../../strings/machines.ts";
import { Button } from "../../ui/Button.tsx";
import { useCommands } from "../../ui/commands.ts";
import { formatCount } from "../../ui/format.ts";
import { MenuButton, type MenuItem } from "../../ui/Menu.tsx";
import { type Bulk, BulkDialog } from "./BulkDialog.tsx";

/** Those that are asked for most, as buttons; all others are in menus. */
const FIRST: readonly MachineAction[] = ["deploy", "commission", "release"];
const POWER: readonly MachineAction[] = ["power_on", "power_off", "power_cycle", "power_query"];

/** What can be done to the machines that are selected. */
export function BulkBar(
  { machines, onClear }: { machines: readonly FleetMachine[]; onClear: () => void },
) {
  const [bulk, setBulk] = useState<Bulk>();
  const role = useStore(
    session,
    (it) => it.kind === "signed_in" ? it.me.actingRole : ROLES[0],
  );
  const mine = MACHINE_ACTIONS.filter((action) =>
    ROLES.indexOf(role) >= ROLES.indexOf(weakestRoleFor(action))
  );
  // Some of them at least; the dry run says which.
  const fits = (action: MachineAction) =>
    machines.some(({ status }) => allowedActions(status).includes(action));
  const item = (action: MachineAction): MenuItem => ({
    label: ACTION_NAMES[action],
    why: fits(action) ? undefined : bulkText.noneFits,
    run: () => setBulk({ kind: "action", action, machines }),
  });
  const rest = mine.filter((action) => !FIRST.includes(action) && !POWER.includes(action));
  useCommands(
    mine.filter(fits).map((action) => ({
      label: bulkText.do(ACTION_NAMES[action], machinesText.selected(formatCount(machines.length))),
      run: () => setBulk({ kind: "action", action, machines }),
    })),
  );
  return (
    <div class="bulk-bar" role="toolbar" aria-label={machinesText.moreActions}>
      <strong class="num">{machinesText.selected(formatCount(machines.length))}</strong>
      <Button kind="quiet" isSmall onClick={onClear}>{machinesText.clearSelection}</Button>
      <span class="grow" />
      {FIRST.filter((action) => mine.includes(action)).map((action) => (
        <Button
          key={action}
          isSmall
          why={fits(action) ? undefined : bulkText.noneFits}
          onClick={() => setBulk({ kind: "action", action, machines })}
        >
          {ACTION_NAMES[action]}
        </Button>
      ))}
      <MenuButton isSmall icon="power" items={POWER.filter((a) => mine.includes(a)).map(item)}>
        {machinesText.power}
      </MenuButton>
      <MenuButton
        isSmall
        icon="more"
        items={[
          ...rest.map(item),
          ...(role === "admin"
            ? [
              { kind: "line" } as const,
              { label: bulkText.organise, run: () => setBulk({ kind: "update", machines }) },
              {
                label: bulkText.forget,
                isDangerous: true,
                run: () => setBulk({ kind: "delete", machines }),
              },
            ]
            : []),
        ]}
      >
        {machinesText.moreActions}
      </MenuButton>
      {bulk ? <BulkDialog bulk={bulk} onClose={() => setBulk(undefined)} /> : null}
    </div>
  );
}
