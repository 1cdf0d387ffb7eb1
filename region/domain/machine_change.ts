import type { Failure } from "@/shared/contract/failure.ts";
import {
  type MachineAction,
  type MachineStatus,
  movesMachine,
  type OperationKind,
  type Standing,
} from "@/shared/machine/lifecycle.ts";

/** What an action changes at the machine itself. */
export interface ChangeByAction {
  readonly status?: MachineStatus;
  readonly returnsTo?: MachineStatus[];
  readonly statusChangedAt?: Date;
  readonly statusComment?: string | null;
  readonly ownerUserId?: number | null;
  readonly agentName?: string;
  readonly imageId?: string | null;
  readonly failure?: Failure | null;
  readonly isLocked?: boolean;
  readonly rescue?: { imageId: string; sshKeys: readonly string[] } | null;
}

export interface ActionTaken {
  readonly action: MachineAction;
  readonly to: Standing;
  /** The work it starts. */
  readonly operation?: OperationKind;
  readonly comment?: string;
  /** What the work boots or installs, and whose keys let in. */
  readonly imageId: string | null;
  readonly sshKeys: readonly string[];
  readonly userId: number;
  readonly now: Date;
}

/** What is written to the machine when an action is taken. */
export function changeByAction(
  machine: Standing & { readonly ownerUserId: number | null },
  taken: ActionTaken,
): ChangeByAction {
  const { action, to, operation, comment, imageId, sshKeys, userId, now } = taken;
  if (action === "lock" || action === "unlock") return { isLocked: action === "lock" };
  if (to.status === machine.status) return {};
  return {
    status: to.status,
    returnsTo: [...to.returnsTo],
    statusChangedAt: now,
    statusComment: comment ?? null,
    rescue: action === "rescue_mode" && imageId ? { imageId, sshKeys } : null,
    ...(isFree(to) ? FREED : {}),
    ...(action === "allocate" || action === "deploy"
      ? { ownerUserId: machine.ownerUserId ?? userId }
      : {}),
    ...(action === "deploy" ? { imageId } : {}),
    // What failed is told until something else is tried.
    ...(operation && movesMachine(operation) || isFree(to) ? { failure: null } : {}),
  };
}

/** In these a machine is nobody's, and nothing is installed on it. */
export function isFree({ status }: Standing): boolean {
  return status === "New" || status === "Ready" || status === "Retired";
}

const FREED = { ownerUserId: null, agentName: "", ownerData: {}, imageId: null };
