import { z } from "zod";
import type { Failure } from "@/shared/contract/failure.ts";
import type { KnownFact } from "@/shared/contract/facts.ts";

/** What to do to a machine's power. `network_boot`: next boot from the network, then off and on. */
export const PowerOrder = z.enum(["network_boot", "on", "off", "cycle", "query"]);
export type PowerOrder = z.infer<typeof PowerOrder>;

/** What a machine is told when it asks how to boot. */
export const BootKind = z.enum(["ephemeral", "local_disk", "power_off"]);
export type BootKind = z.infer<typeof BootKind>;

/** What the ephemeral system is booted for. */
export const BootPurpose = z.enum([
  "enlist",
  "commission",
  "install",
  "test",
  "erase",
  "rescue",
]);
export type BootPurpose = z.infer<typeof BootPurpose>;

export const BootPhase = z.object({
  /** Shown to people: "install", "first boot". */
  name: z.string(),
  /** Carried out once, when the phase begins. */
  order: PowerOrder.optional(),
  boot: BootKind,
  purpose: BootPurpose.optional(),
  doneBy: z.enum([
    "power_done",
    "boot_asked",
    "commissioned",
    "installed",
    "system_ready",
    "tested",
    "erased",
    "rescue_ready",
  ]),
  /** The phase fails when this long passes without a sign of life. */
  limitSeconds: z.int().positive(),
});
export type BootPhase = z.infer<typeof BootPhase>;

/** A short list of phases that a site can carry out alone. */
export const BootPlan = z.object({
  phases: z.array(BootPhase).min(1).max(16),
  /** The operation fails when this long passes after its start, signs of life or not. */
  deadlineSeconds: z.int().positive(),
  /** What the machine boots once the plan is done. Absent: what it boots at rest. */
  afterwards: BootKind.optional(),
});
export type BootPlan = z.infer<typeof BootPlan>;

/** Where a plan stands. */
export interface PlanStep {
  readonly phase: BootPhase;
  /** When that phase began; ms since the epoch. */
  readonly sinceMs: number;
  /** The order of this phase while it is not known to be done. */
  readonly dueOrder?: PowerOrder;
  /** When the plan fails unless something happens; ms since the epoch. */
  readonly deadlineMs: number;
  readonly outcome:
    | { readonly kind: "running" }
    | { readonly kind: "done"; readonly atMs: number }
    | { readonly kind: "failed"; readonly atMs: number; readonly failure: Failure };
}

/**
 * Where `plan` stands after `facts`, at `nowMs` (ms since the epoch).
 *
 * `facts` are all facts of this operation in order, from `operation.started` on. The same facts
 * always give the same answer, so the agent can ask again after a restart, and the region can check.
 */
export function stepBootPlan(plan: BootPlan, facts: readonly KnownFact[], nowMs: number): PlanStep {
  const startMs = facts[0] ? Date.parse(facts[0].at) : nowMs;
  let position: Position = { index: 0, orderDone: false, sinceMs: startMs, signMs: startMs };
  for (const [i, fact] of facts.entries()) {
    const end = endOf(plan, position, facts.slice(0, i + 1), fact);
    if (end) return view(plan, position, startMs, end);
    position = advance(plan, position, fact);
    if (position.index === plan.phases.length) {
      return view(plan, position, startMs, { kind: "done", atMs: Date.parse(fact.at) });
    }
  }
  const deadlineMs = deadlineOf(plan, position, startMs);
  if (nowMs < deadlineMs) return view(plan, position, startMs, { kind: "running" });
  const failure = timeoutFailure(plan, position, facts, startMs);
  return view(plan, position, startMs, { kind: "failed", atMs: deadlineMs, failure });
}

/** The kinds of facts that can move a plan to its next phase, or end it; others are signs of life. */
export const PHASE_FACT_KINDS = [
  "operation.started",
  "operation.ended",
  "power.done",
  "power.failed",
  "boot.asked",
  "commission.reported",
  "install.reported",
  "system.reported",
  "test.reported",
  "erase.reported",
  "rescue.reported",
] as const satisfies readonly KnownFact["kind"][];

interface Position {
  readonly index: number;
  readonly orderDone: boolean;
  /** When the phase began, ms since the epoch. */
  readonly sinceMs: number;
  /** The last sign of life, ms since the epoch. */
  readonly signMs: number;
}

function view(
  plan: BootPlan,
  position: Position,
  startMs: number,
  outcome: PlanStep["outcome"],
): PlanStep {
  const phase = phaseAt(plan, position.index);
  const { sinceMs } = position;
  const due = outcome.kind === "running" && !position.orderDone ? phase.order : undefined;
  const deadlineMs = deadlineOf(plan, position, startMs);
  return { phase, sinceMs, dueOrder: due, deadlineMs, outcome };
}

/** A finished plan stays at its last phase. */
function phaseAt(plan: BootPlan, index: number): BootPhase {
  const phase = plan.phases[Math.min(index, plan.phases.length - 1)];
  if (!phase) throw new Error("a boot plan has at least one phase");
  return phase;
}

function deadlineOf(plan: BootPlan, position: Position, startMs: number): number {
  const { limitSeconds } = phaseAt(plan, position.index);
  return Math.min(position.signMs + limitSeconds * 1000, startMs + plan.deadlineSeconds * 1000);
}

/** Moves to the next phase if `fact` is what this one waits for; any fact is a sign of life. */
function advance(plan: BootPlan, position: Position, fact: KnownFact): Position {
  const signMs = Math.max(position.signMs, Date.parse(fact.at));
  const phase = phaseAt(plan, position.index);
  const orderDone = position.orderDone ||
    (fact.kind === "power.done" && fact.phase === phase.name);
  if (!isDoneBy(phase, fact, orderDone)) return { ...position, orderDone, signMs };
  const index = position.index + 1;
  // A finished plan stays at its last phase, and so does the time it began.
  const sinceMs = index < plan.phases.length ? signMs : position.sinceMs;
  return { index, orderDone: false, sinceMs, signMs };
}

function isDoneBy(phase: BootPhase, fact: KnownFact, orderDone: boolean): boolean {
  switch (phase.doneBy) {
    case "power_done":
      return fact.kind === "power.done" && fact.phase === phase.name;
    case "boot_asked":
      // A system that was still running may ask before its power was cut: that boot does not count.
      return fact.kind === "boot.asked" && fact.answer === phase.boot &&
        (orderDone || phase.order === undefined);
    case "commissioned":
      return fact.kind === "commission.reported" && fact.ok;
    case "installed":
      return fact.kind === "install.reported" && fact.ok;
    case "system_ready":
      return fact.kind === "system.reported" && fact.ok;
    case "tested":
      return fact.kind === "test.reported" && fact.ok;
    case "erased":
      return fact.kind === "erase.reported" && fact.ok;
    case "rescue_ready":
      return fact.kind === "rescue.reported" && fact.ok;
  }
}

/** The end that `fact` brings by itself: the agent's own verdict, or a report of failure. */
function endOf(
  plan: BootPlan,
  position: Position,
  seen: readonly KnownFact[],
  fact: KnownFact,
): PlanStep["outcome"] | undefined {
  const phase = phaseAt(plan, position.index).name;
  const atMs = Date.parse(fact.at);
  const failed = (code: string, message: string): PlanStep["outcome"] => ({
    kind: "failed",
    atMs,
    failure: { code, message, phase, evidence: evidenceOf(seen) },
  });
  switch (fact.kind) {
    case "operation.ended":
      if (fact.outcome === "done") return { kind: "done", atMs };
      return fact.failure
        ? { kind: "failed", atMs, failure: fact.failure }
        : failed("operation.aborted", "the operation was aborted");
    case "power.failed":
      return failed(fact.code, fact.message);
    case "commission.reported":
    case "install.reported":
    case "system.reported":
    case "test.reported":
    case "erase.reported":
    case "rescue.reported":
      return fact.ok
        ? undefined
        : failed(FAILURE_CODES[fact.kind], fact.message ?? "no reason given");
    default:
      return undefined;
  }
}

const FAILURE_CODES = {
  "commission.reported": "commission.failed",
  "install.reported": "install.failed",
  "system.reported": "first_boot.failed",
  "test.reported": "test.failed",
  "erase.reported": "erase.failed",
  "rescue.reported": "rescue.failed",
};

function timeoutFailure(
  plan: BootPlan,
  position: Position,
  facts: readonly KnownFact[],
  startMs: number,
): Failure {
  const phase = phaseAt(plan, position.index);
  const bySilence = position.signMs + phase.limitSeconds * 1000 <=
    startMs + plan.deadlineSeconds * 1000;
  const spent = bySilence
    ? `nothing was heard for ${phase.limitSeconds} s`
    : `the operation took longer than its ${plan.deadlineSeconds} s`;
  return {
    code: bySilence ? "phase.timed_out" : "operation.deadline_passed",
    message: `${spent} in phase "${phase.name}": ${stuckAt(facts)}`,
    phase: phase.name,
    evidence: evidenceOf(facts),
  };
}

/** What the last telling fact says about where the machine is stuck, and what to look at. */
function stuckAt(facts: readonly KnownFact[]): string {
  const last = facts.findLast((fact) => STUCK[fact.kind] !== undefined);
  return (last && STUCK[last.kind]) ?? "the machine was never seen";
}

const STUCK: Partial<Record<KnownFact["kind"], string>> = {
  "operation.started":
    "the machine never asked for an address; is it on, and cabled to this network?",
  "power.ordered": "the BMC was told, and its answer did not come",
  "power.done": "it was powered on, but never asked to boot from the network; check its boot order",
  "lease.given": "it has an address, but never fetched its boot script",
  "boot.offered": "it was offered a boot program, but never fetched its boot script",
  "boot.asked": "it fetched its boot script, but the system it boots did not report",
  "file.served": "it fetched its files, but the system they start did not report",
  "metadata.served": "the system started, but did not finish its work",
  "stage.reached": "the system started, but did not finish its work",
  "step.started": "a step of the installation did not end",
  "step.ended": "the installation went silent between two steps",
  "script.started": "a script did not end",
  "script.ended": "the machine went silent between two scripts",
  "work.progressed": "the machine went silent in the middle of its work",
  "install.reported": "the installed system did not boot from disk",
};

const EVIDENCE_LINES_MAX = 8;

function evidenceOf(facts: readonly KnownFact[]): string[] {
  return facts.slice(-EVIDENCE_LINES_MAX).map((fact) => {
    const detail = "name" in fact
      ? fact.name
      : "path" in fact
      ? fact.path
      : "stage" in fact
      ? fact.stage
      : "answer" in fact
      ? fact.answer
      : "order" in fact
      ? fact.order
      : "";
    return `${fact.at} ${fact.kind} ${detail}`.trimEnd();
  });
}
