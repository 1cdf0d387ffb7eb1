import { DomainError } from "@/shared/errors/domain_error.ts";
import type { MachineStatus } from "@/shared/machine/lifecycle.ts";

/** In these nothing is installed that would be connected otherwise than is said here. */
const CHANGEABLE: readonly MachineStatus[] = [
  "New",
  "Failed commissioning",
  "Ready",
  "Allocated",
  "Failed deployment",
  "Failed testing",
  "Broken",
];

/**
 * Refuses to change how a machine is connected while a system runs or is installed with it, also one
 * that it goes back to, and while it is locked.
 */
export function requireChangeableNetwork(
  { status, returnsTo, isLocked, hostname }: {
    readonly status: MachineStatus;
    readonly returnsTo: readonly MachineStatus[];
    readonly isLocked: boolean;
    readonly hostname: string;
  },
): void {
  if (isLocked) {
    throw new DomainError({
      kind: "conflict",
      code: "network.locked",
      message: `${hostname} is locked; unlock it first`,
    });
  }
  const isInstalled = returnsTo.includes("Deployed");
  if (CHANGEABLE.includes(status) && !isInstalled) return;
  throw new DomainError({
    kind: "conflict",
    code: "network.not_changeable",
    value: status,
    accepted: CHANGEABLE.join(", "),
    message: isInstalled
      ? `${hostname} is ${status} and goes back to Deployed; release it to change its network`
      : `${hostname} is ${status}; its network is changed while it is ${CHANGEABLE.join(", ")}`,
  });
}
