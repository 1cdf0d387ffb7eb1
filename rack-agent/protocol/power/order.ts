/**
 * How a power order is carried out with any driver: no BMC protocol, no timers, no clock.
 *
 * The service makes the calls and waits asked for here and reports what came of them. Times are
 * milliseconds on the caller's monotonic clock.
 */

import { DomainError } from "@/shared/errors/domain_error.ts";

/** `unknown`: this way of switching cannot tell; a BMC that could and did not is an error instead. */
export type PowerState = "on" | "off" | "unknown";
export type NextBoot = "network" | "disk" | "none";

/** One thing to ask of a power driver. */
export type DriverCall =
  | { readonly kind: "query" }
  | { readonly kind: "on" | "off" | "soft_off" }
  | { readonly kind: "next_boot"; readonly device: NextBoot };

type Goal =
  | { readonly kind: "look" }
  | { readonly kind: "next_boot"; readonly device: NextBoot }
  | { readonly kind: "state"; readonly want: "on" | "off"; readonly by: "on" | "off" | "soft_off" }
  | { readonly kind: "rest" };

const OFF: Goal = { kind: "state", want: "off", by: "off" };
const ON: Goal = { kind: "state", want: "on", by: "on" };
const REST: Goal = { kind: "rest" };
const LOOK: Goal = { kind: "look" };
const nextBoot = (device: NextBoot): Goal => ({ kind: "next_boot", device });

/** Every order, as the goals reached one after another. A goal that is met already costs a query. */
const GOALS = {
  query: [LOOK],
  on: [ON],
  off: [OFF],
  soft_off: [{ kind: "state", want: "off", by: "soft_off" }],
  cycle: [OFF, REST, ON],
  cycle_to_network: [nextBoot("network"), OFF, REST, ON],
  cycle_to_disk: [nextBoot("disk"), OFF, REST, ON],
  next_boot_network: [nextBoot("network"), LOOK],
  next_boot_disk: [nextBoot("disk"), LOOK],
  next_boot_none: [nextBoot("none"), LOOK],
} as const satisfies Record<string, readonly Goal[]>;

export type PowerOrder = keyof typeof GOALS;
export const POWER_ORDERS = Object.keys(GOALS) as readonly PowerOrder[]; // safe: keyof the same

/** How long a goal may take. A server's own switch-off takes up to half a minute. */
const GOAL_MS_MAX = 60_000;
const SOFT_OFF_MS_MAX = 300_000; // an operating system stops its services first
const REPEAT_CALL_MS = 15_000; // BMCs are known to accept "on" right after "off" and forget it
const REST_MS = 1_000; // shortest time between off and on, IPMI 2.0 §28.3
const POLL_MS_MIN = 250;
const POLL_MS_MAX = 2_000;

/** Refusals that pass by themselves; one shared network port falls silent as the power changes. */
const PASSING: readonly string[] = ["bmc.busy", "bmc.not_now", "bmc.no_answer"];

/** What a driver rejects with when its way of switching has no such thing (Wake-on-LAN, a PDU). */
const NOT_SUPPORTED = "power.not_supported";

/** An order under way. */
export interface OrderProgress {
  readonly where: string; // the BMC's address, for messages
  readonly goals: readonly Goal[]; // the first is in hand
  readonly goalSinceMs: number;
  readonly calledMs: number | undefined; // when the goal's on/off/soft_off was last accepted
  readonly polls: number; // of the goal in hand
  readonly hasSwitched: boolean; // the power was changed by this order
  readonly isHeard: boolean; // the BMC has answered during this order
}

/** What came of the last call or wait. */
export type OrderEvent =
  | { readonly kind: "state"; readonly state: PowerState } // answer to `query`
  | { readonly kind: "accepted" } // answer to any other call
  | { readonly kind: "refused"; readonly error: DomainError }
  | { readonly kind: "waited" };

export type OrderStep =
  | { readonly kind: "call"; readonly call: DriverCall; readonly progress: OrderProgress }
  | { readonly kind: "wait"; readonly waitMs: number; readonly progress: OrderProgress }
  | { readonly kind: "done"; readonly state: PowerState }
  | { readonly kind: "failed"; readonly error: DomainError };

/** Begins an order for the BMC at `where`. */
export function startOrder(order: PowerOrder, where: string, nowMs: number): OrderStep {
  return pursue({
    where,
    goals: GOALS[order],
    goalSinceMs: nowMs,
    calledMs: undefined,
    polls: 0,
    hasSwitched: false,
    isHeard: false,
  });
}

export function stepOrder(progress: OrderProgress, event: OrderEvent, nowMs: number): OrderStep {
  switch (event.kind) {
    case "state":
      return seen({ ...progress, isHeard: true }, event.state, nowMs);
    case "accepted":
      return accepted({ ...progress, isHeard: true }, nowMs);
    case "refused":
      return refused(progress, event.error, nowMs);
    case "waited":
      return progress.goals[0]?.kind === "rest" ? next(progress, nowMs) : pursue(progress);
  }
}

/** The first call for the goal in hand. */
function pursue(progress: OrderProgress): OrderStep {
  const goal = progress.goals[0];
  if (goal?.kind === "rest") return { kind: "wait", waitMs: REST_MS, progress };
  if (goal?.kind === "next_boot") return { kind: "call", call: goal, progress };
  return { kind: "call", call: { kind: "query" }, progress };
}

function seen(progress: OrderProgress, state: PowerState, nowMs: number): OrderStep {
  const goal = progress.goals[0];
  if (goal?.kind !== "state") return { kind: "done", state };
  // Where nobody can look, an accepted call is all there is to know.
  const isTrusted = state === "unknown" && progress.calledMs !== undefined;
  if (goal.want === state || isTrusted) {
    return progress.goals.length === 1 ? { kind: "done", state } : next(progress, nowMs);
  }
  if (isOverdue(progress, nowMs)) return { kind: "failed", error: notReached(progress, goal) };
  const mayRepeat = goal.by !== "soft_off" && progress.calledMs !== undefined &&
    nowMs - progress.calledMs >= REPEAT_CALL_MS;
  if (progress.calledMs === undefined || mayRepeat) {
    return { kind: "call", call: { kind: goal.by }, progress };
  }
  return poll(progress);
}

function accepted(progress: OrderProgress, nowMs: number): OrderStep {
  if (progress.goals[0]?.kind === "next_boot") return next(progress, nowMs);
  return poll({ ...progress, calledMs: nowMs, hasSwitched: true });
}

/** A refusal that will pass is waited out once the BMC was heard; nothing is, for a mere look. */
function refused(progress: OrderProgress, error: DomainError, nowMs: number): OrderStep {
  if (error.code === NOT_SUPPORTED && maySkip(progress.goals)) return next(progress, nowMs);
  const isPatient = progress.goals[0]?.kind !== "look" && PASSING.includes(error.code) &&
    (progress.isHeard || error.code !== "bmc.no_answer") && !isOverdue(progress, nowMs);
  return isPatient ? poll(progress) : { kind: "failed", error };
}

/** A wish about the next boot is left to the firmware; the "off" of a cycle to whoever is there. */
function maySkip([goal, ...rest]: readonly Goal[]): boolean {
  return goal?.kind === "next_boot" || goal?.kind === "state" && rest.length > 0;
}

function poll(progress: OrderProgress): OrderStep {
  const waitMs = Math.min(POLL_MS_MIN * 2 ** progress.polls, POLL_MS_MAX);
  return { kind: "wait", waitMs, progress: { ...progress, polls: progress.polls + 1 } };
}

function next(progress: OrderProgress, nowMs: number): OrderStep {
  const fresh = { ...progress, goalSinceMs: nowMs, calledMs: undefined, polls: 0 };
  const goals = progress.goals.slice(1);
  // A machine that was off when the order came has rested long enough.
  const skips = goals[0]?.kind === "rest" && !progress.hasSwitched;
  return pursue({ ...fresh, goals: skips ? goals.slice(1) : goals });
}

function isOverdue(progress: OrderProgress, nowMs: number): boolean {
  return nowMs - progress.goalSinceMs >= limitMs(progress.goals[0]);
}

function limitMs(goal: Goal | undefined): number {
  return goal?.kind === "state" && goal.by === "soft_off" ? SOFT_OFF_MS_MAX : GOAL_MS_MAX;
}

function notReached(
  progress: OrderProgress,
  goal: { want: "on" | "off"; by: string },
): DomainError {
  const hint = goal.by === "soft_off"
    ? "its operating system may ignore the power button; switch it off instead"
    : "look at the machine itself: power supply, mains, or a BMC that needs a reset";
  return new DomainError({
    kind: "unavailable",
    code: "bmc.state_not_reached",
    message:
      `the BMC at ${progress.where} accepted the order, but ${limitMs(progress.goals[0]) / 1000} ` +
      `seconds later the machine is not ${goal.want}; ${hint}`,
  });
}
