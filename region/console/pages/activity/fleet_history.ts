import type { MachineStatus, OperationKind } from "@/shared/machine/lifecycle.ts";
import { isInTransit } from "@/shared/machine/lifecycle.ts";

/** What machines are counted as over time, from the bottom of the picture to the top. */
export const BANDS = ["deployed", "ready", "working", "failed", "other"] as const;
export type Band = typeof BANDS[number];

export interface PastOperation {
  readonly machine: string;
  readonly kind: OperationKind;
  readonly state: "running" | "done" | "failed" | "aborted";
  readonly askedAt: string;
  readonly endedAt: string | null;
}

interface NowMachine {
  readonly systemId: string;
  readonly status: MachineStatus;
  readonly statusChangedAt: string;
}

/** From a moment on, a machine counted as this. */
interface Turn {
  readonly atMs: number;
  readonly band: Band;
}

export function bandOf(status: MachineStatus): Band {
  if (isInTransit(status)) return "working";
  if (/failed|broken/i.test(status)) return "failed";
  if (status === "Deployed") return "deployed";
  return status === "Ready" || status === "Allocated" ? "ready" : "other";
}

/** What a machine was before such an operation, where nothing earlier is known of it. */
const BEFORE: Partial<Record<OperationKind, Band>> = {
  commission: "other",
  deploy: "ready",
  release: "deployed",
  erase: "deployed",
};
const AFTER: Partial<Record<OperationKind, Band>> = {
  commission: "ready",
  deploy: "deployed",
  release: "ready",
  erase: "ready",
};

/**
 * How many machines were what at each moment, by their operations; `counts[moment][band]`.
 *
 * What somebody marked by hand in between is not in operations, but what is so now is. A machine
 * counts from the first moment that is known of it.
 */
export function fleetHistory(
  machines: readonly NowMachine[],
  operations: readonly PastOperation[],
  momentsMs: readonly number[],
): Record<Band, number>[] {
  const counts = momentsMs.map((): Record<Band, number> => ({
    ...{ deployed: 0, ready: 0, working: 0, failed: 0, other: 0 },
  }));
  const past = Map.groupBy(operations, ({ machine }) => machine);
  for (const machine of machines) {
    const turns = turnsOf(machine, past.get(machine.systemId) ?? [], momentsMs[0] ?? 0);
    let at = -1;
    for (const [i, momentMs] of momentsMs.entries()) {
      while ((turns[at + 1]?.atMs ?? Infinity) <= momentMs) at++;
      const band = turns[at]?.band;
      const row = counts[i];
      if (band && row) row[band]++;
    }
  }
  return counts;
}

/** Oldest first. */
function turnsOf(
  { status, statusChangedAt }: NowMachine,
  operations: readonly PastOperation[],
  fromMs: number,
): Turn[] {
  const turns: Turn[] = [];
  let resting: Band = "other";
  const inOrder = operations.filter(({ kind }) => !kind.startsWith("power_"))
    .toSorted((a, b) => Date.parse(a.askedAt) - Date.parse(b.askedAt));
  for (const [i, { kind, state, askedAt, endedAt }] of inOrder.entries()) {
    const before = BEFORE[kind];
    if (i === 0 && before) {
      resting = before;
      turns.push({ atMs: fromMs, band: before });
    }
    turns.push({ atMs: Date.parse(askedAt), band: "working" });
    if (endedAt === null) continue;
    if (state === "done") resting = AFTER[kind] ?? resting;
    turns.push({ atMs: Date.parse(endedAt), band: state === "failed" ? "failed" : resting });
  }
  // What it is now is certain, and since when.
  const sinceMs = Date.parse(statusChangedAt);
  return [...turns.filter(({ atMs }) => atMs < sinceMs), { atMs: sinceMs, band: bandOf(status) }];
}

/** Moments at equal distances, the last of them now. */
export function momentsUntil(nowMs: number, hours: number, count: number): number[] {
  const stepMs = (hours * 3_600_000) / (count - 1);
  return Array.from({ length: count }, (_, i) => nowMs - (count - 1 - i) * stepMs);
}

/** The middle, and what nine of ten stay under; undefined: there are none. */
export function quantiles(values: readonly number[]): { middle: number; most: number } | undefined {
  if (values.length === 0) return undefined;
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
  return { middle: at(0.5), most: at(0.9) };
}
