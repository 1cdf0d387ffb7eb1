/** Every status a machine can have. The names are MAAS's, so that scripts and people know them. */
export const MACHINE_STATUSES = [
  "New",
  "Commissioning",
  "Failed commissioning",
  "Ready",
  "Allocated",
  "Deploying",
  "Deployed",
  "Failed deployment",
  "Releasing",
  "Releasing failed",
  "Disk erasing",
  "Failed disk erasing",
  "Entering rescue mode",
  "Failed to enter rescue mode",
  "Rescue mode",
  "Exiting rescue mode",
  "Failed to exit rescue mode",
  "Testing",
  "Failed testing",
  "Broken",
  "Retired",
] as const;
export type MachineStatus = typeof MACHINE_STATUSES[number];

/** Where a machine is in its life. */
export interface Standing {
  readonly status: MachineStatus;
  /**
   * The statuses that it goes back to, the innermost last: a Deployed machine that was marked Broken
   * and is now Testing has `["Deployed", "Broken"]`. Empty unless it is Broken or on a detour.
   */
  readonly returnsTo: readonly MachineStatus[];
}

/** Statuses in which a lifecycle operation runs; nothing else leads out of them. */
export const IN_TRANSIT = [
  "Commissioning",
  "Deploying",
  "Releasing",
  "Disk erasing",
  "Entering rescue mode",
  "Exiting rescue mode",
  "Testing",
] as const satisfies readonly MachineStatus[];

/** Tests and rescue mode: whatever comes of them, a machine goes back to what it was. */
const DETOURS: ReadonlySet<MachineStatus> = new Set<MachineStatus>([
  "Testing",
  "Failed testing",
  "Entering rescue mode",
  "Failed to enter rescue mode",
  "Rescue mode",
  "Exiting rescue mode",
  "Failed to exit rescue mode",
]);

/** Statuses of a machine that belongs to somebody. */
const OWNED: ReadonlySet<MachineStatus> = new Set<MachineStatus>([
  "Allocated",
  "Deploying",
  "Deployed",
  "Failed deployment",
  "Releasing",
  "Releasing failed",
  "Disk erasing",
  "Failed disk erasing",
]);

/** Whether a lifecycle operation runs on a machine in this status. */
export function isInTransit(status: MachineStatus): boolean {
  return (IN_TRANSIT as readonly MachineStatus[]).includes(status);
}

/** Whether a machine belongs to somebody, on whatever detour it may be. */
export function isOwned({ status, returnsTo }: Standing): boolean {
  return OWNED.has(returnsTo[0] ?? status);
}

/** What a machine becomes that goes to `status`: it remembers where a detour began. */
export function enterStatus(from: Standing, status: MachineStatus): Standing {
  if (status === from.status) return from;
  if (DETOURS.has(status)) {
    return DETOURS.has(from.status)
      ? { status, returnsTo: from.returnsTo }
      : { status, returnsTo: [...from.returnsTo, from.status] };
  }
  if (status !== "Broken") return { status, returnsTo: [] };
  const base = from.returnsTo[0] ?? (DETOURS.has(from.status) ? undefined : from.status);
  return { status, returnsTo: base ? [base] : [] };
}

/** What a machine is after a detour. One that nobody knows the past of is looked into again. */
export function returnToPrevious({ returnsTo }: Standing): Standing {
  const status = returnsTo.at(-1) ?? "New";
  return { status, returnsTo: returnsTo.slice(0, -1) };
}

/**
 * What a broken machine is once it is mended. What was being done to it when it broke is not taken up
 * again, and whoever it belonged to still has it.
 */
export function standingWhenFixed({ returnsTo }: Standing): Standing {
  const [base] = returnsTo;
  if (base === "Deployed") return { status: base, returnsTo: [] };
  if (base && OWNED.has(base)) return { status: "Allocated", returnsTo: [] };
  const wasLookedInto = base === undefined || base === "Ready";
  return { status: wasLookedInto ? "Ready" : "New", returnsTo: [] };
}
