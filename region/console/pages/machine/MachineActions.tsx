import { useState } from "preact/hooks";
import { useLocation } from "wouter-preact";
import { MACHINE_ACTIONS, type MachineAction } from "@/shared/machine/lifecycle.ts";
import { api } from "../../api/client.ts";
import { act } from "../../api/machine_actions.ts";
import { refresh } from "../../api/queries.ts";
import type { Me } from "../../api/session.ts";
import { paths } from "../../paths.ts";
import { askedText, machineText } from "../../strings/machine.ts";
import { ACTION_NAMES } from "../../strings/machines.ts";
import { Button } from "../../ui/Button.tsx";
import { useCommands } from "../../ui/commands.ts";
import { ConfirmDialog } from "../../ui/ConfirmDialog.tsx";
import { MenuButton, type MenuItem } from "../../ui/Menu.tsx";
import { toast, toastError } from "../../ui/toasts.ts";
import { ActionDialog } from "./ActionDialog.tsx";
import { DeployDialog } from "./DeployDialog.tsx";
import { type Machine, whyNot } from "./why_not.ts";

const POWER: readonly MachineAction[] = ["power_on", "power_off", "power_cycle", "power_query"];
/** Done at once: nothing is lost, and each has its opposite. */
const AT_ONCE: readonly MachineAction[] = ["power_query", "power_on", "lock", "unlock", "allocate"];
const UNDO: Partial<Record<MachineAction, MachineAction>> = { lock: "unlock", unlock: "lock" };
/** What one most likely wants next. */
const NEXT: Partial<Record<string, MachineAction>> = {
  New: "commission",
  Ready: "deploy",
  Allocated: "deploy",
  Deployed: "release",
  Broken: "mark_fixed",
  "Rescue mode": "exit_rescue_mode",
  Retired: "unretire",
};

/** Everything that can be asked of a machine; what cannot now says why. */
export function MachineActions({ machine, me }: { machine: Machine; me: Me }) {
  const [, navigate] = useLocation();
  const [asking, setAsking] = useState<MachineAction | "delete">();
  const { systemId, hostname } = machine;
  const start = (action: MachineAction) => {
    if (AT_ONCE.includes(action)) void actNow(machine, action);
    else setAsking(action);
  };
  if (me.actingRole === "viewer") return null;
  const item = (action: MachineAction): MenuItem => ({
    label: ACTION_NAMES[action],
    why: whyNot(machine, action, me),
    run: () => start(action),
  });
  const next = NEXT[machine.status];
  const rest = MACHINE_ACTIONS.filter((action) => !POWER.includes(action));
  const can = (action: MachineAction) => whyNot(machine, action, me) === undefined;
  useCommands(
    MACHINE_ACTIONS.filter(can).map((action) => ({
      label: `${ACTION_NAMES[action]}: ${hostname}`,
      run: () => start(action),
    })),
  );
  return (
    <>
      <MenuButton icon="power" items={POWER.map(item)}>{machineText.power}</MenuButton>
      <MenuButton
        icon="down"
        items={[
          ...rest.filter(can).map(item),
          { kind: "line" },
          ...rest.filter((action) => !can(action)).map(item),
          ...(me.actingRole === "admin"
            ? [
              { kind: "line" } as const,
              {
                label: machineText.remove,
                isDangerous: true,
                run: () => setAsking("delete"),
              },
            ]
            : []),
        ]}
      >
        {machineText.actions}
      </MenuButton>
      {next && can(next)
        ? <Button kind="primary" onClick={() => start(next)}>{ACTION_NAMES[next]}</Button>
        : null}
      {asking === "deploy"
        ? <DeployDialog machine={machine} onClose={() => setAsking(undefined)} />
        : asking === "delete"
        ? (
          <ConfirmDialog
            title={`${machineText.remove}: ${hostname}`}
            deed={machineText.remove}
            isDangerous
            typed={hostname}
            run={async () => {
              await api.delete("/machines/:systemId", { param: { systemId } });
              toast("good", machineText.removed(hostname));
              navigate(paths.machines);
            }}
            onClose={() => setAsking(undefined)}
          >
            <p>{machineText.removeText}</p>
          </ConfirmDialog>
        )
        : asking
        ? (
          <ActionDialog
            machine={machine}
            action={asking}
            onClose={() => setAsking(undefined)}
          />
        )
        : null}
    </>
  );
}

async function actNow(machine: Machine, action: MachineAction): Promise<void> {
  try {
    await act(machine.systemId, action);
    refresh("/machines/:systemId", { systemId: machine.systemId });
    const undo = UNDO[action];
    toast(
      "good",
      askedText(action, ACTION_NAMES[action], machine.hostname),
      undo && { label: ACTION_NAMES[undo], run: () => void actNow(machine, undo) },
    );
  } catch (error) {
    toastError(error);
  }
}
