import { useState } from "preact/hooks";
import type { MachineAction } from "@/shared/machine/lifecycle.ts";
import { act, type ActionBody } from "../../api/machine_actions.ts";
import { refresh } from "../../api/queries.ts";
import { askedText } from "../../strings/machine.ts";
import { ACTION_EFFECTS, ACTION_NAMES } from "../../strings/machines.ts";
import { ConfirmDialog } from "../../ui/ConfirmDialog.tsx";
import { toast } from "../../ui/toasts.ts";
import { ActionFields } from "./ActionFields.tsx";
import type { Machine } from "./why_not.ts";

/** What stops something that runs: a red button. What wipes disks: the name typed out. */
const DANGEROUS: readonly MachineAction[] = [
  "abort",
  "power_off",
  "power_cycle",
  "mark_broken",
  "retire",
];

/** Asks what an action wants to know, and whether it is meant. */
export function ActionDialog(
  { machine, action, onClose }: { machine: Machine; action: MachineAction; onClose: () => void },
) {
  const [body, setBody] = useState<ActionBody>({});
  const { systemId, hostname } = machine;
  const name = ACTION_NAMES[action];
  const isErasing = body.erase !== undefined;
  const isLosing = isErasing || (action === "release" && machine.status === "Deployed");
  return (
    <ConfirmDialog
      title={`${name}: ${hostname}`}
      deed={name}
      isDangerous={DANGEROUS.includes(action) || isLosing}
      typed={isErasing ? hostname : undefined}
      run={async () => {
        await act(systemId, action, body);
        refresh("/machines/:systemId", { systemId });
        toast("good", askedText(action, name, hostname));
      }}
      onClose={onClose}
    >
      {ACTION_EFFECTS[action] ? <p class="muted">{ACTION_EFFECTS[action]}</p> : null}
      <ActionFields action={action} body={body} onChange={setBody} />
    </ConfirmDialog>
  );
}
