import {
  allowedActions,
  type MachineAction,
  type MachineStatus,
  operationOf,
  type Role,
} from "@/shared/machine/lifecycle.ts";

/**
 * What this person can ask of this machine right now: what the lifecycle allows, without what a
 * running operation or a missing BMC stands in the way of.
 */
export function availableActions(
  machine: { status: MachineStatus; hasBmc: boolean; isBusy: boolean },
  role: Role,
): MachineAction[] {
  return allowedActions(machine.status, role).filter((action) =>
    action === "abort" ||
    (!machine.isBusy || operationOf(action) === undefined) &&
      (machine.hasBmc || !action.startsWith("power_"))
  );
}

/** `power_on` is `power-on` in a path. */
export function formatAction(action: MachineAction): string {
  return action.replaceAll("_", "-");
}
