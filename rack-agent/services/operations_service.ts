import { type PlanStep, type PowerOrder, stepBootPlan } from "@/shared/machine/boot_plan.ts";
import type { NewFact } from "@/shared/contract/facts.ts";
import {
  ORDER_LEASE_SECONDS,
  type SiteState,
  type StateMachine,
  type StateOperation,
} from "@/shared/contract/site_state.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import type { Clock } from "@/rack-agent/runtime/clock.ts";
import type { Journal } from "@/rack-agent/runtime/journal.ts";
import { errorText, type Log } from "@/rack-agent/runtime/log.ts";
import type { Service } from "@/rack-agent/runtime/service.ts";
import type { SiteStore } from "./site_store.ts";

/** Carries out a power order on a machine's BMC; throws a DomainError that says why it could not. */
export type PowerExecutor = (
  machine: StateMachine,
  order: PowerOrder,
  signal: AbortSignal,
) => Promise<{ readonly state: "on" | "off" | "unknown" }>;

export interface OperationsDeps {
  readonly store: SiteStore;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly log: Log;
  readonly power: PowerExecutor;
  readonly agentId: string;
  /** Since when the region cannot be reached, ms since the epoch; undefined while it can be. */
  readonly unreachableSinceMs: () => number | undefined;
  /** Called once for every operation that ended or was taken back. */
  readonly onEnded: (operationId: string) => Promise<void>;
}

/** A third before the lease ends at the region. */
const HOLD_MS = ORDER_LEASE_SECONDS * 1_000 * 2 / 3;
const LOOK_AGAIN_MS = 5_000;

/** setTimeout's own limit; a longer wait is simply looked at again. */
const TIMER_MAX_MS = 2 ** 31 - 1;

/**
 * Drives the boot plans of the operations in the site's state.
 *
 * It decides nothing: the shared step function says from the journal's facts where each plan stands,
 * and this service does what that calls for. So a restart, or the same fact twice, changes nothing.
 */
export class OperationsService implements Service {
  readonly name = "operations";
  readonly #deps: OperationsDeps;
  readonly #orders = new Map<string, Promise<void>>();
  readonly #closed = new Set<string>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stopped = new AbortController();
  #stopListening = () => {};

  constructor(deps: OperationsDeps) {
    this.#deps = deps;
    deps.store.onChange(() => this.#review());
  }

  start(): Promise<void> {
    this.#stopped = new AbortController();
    // A sign of life: the time that this agent was away is not held against the machine.
    for (const operation of this.#deps.store.state?.operations ?? []) {
      if (this.#isMine(operation) && this.stepOf(operation).outcome.kind === "running") {
        this.#append(operation, STARTED);
      }
    }
    this.#stopListening = this.#deps.journal.onAppend((fact) => {
      if (fact.operationId !== undefined) queueMicrotask(() => this.#review());
    });
    this.#review();
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#stopListening();
    clearTimeout(this.#timer);
    await Promise.all(this.#orders.values());
  }

  /** Where an operation's plan stands now. */
  stepOf(operation: StateOperation): PlanStep {
    const own = this.#deps.journal.factsOf(operation.id);
    const facts = operation.earlierFacts ? [...operation.earlierFacts, ...own] : own;
    return stepBootPlan(operation.plan, facts, this.#deps.clock.nowMs());
  }

  /** The operation under way for a machine, with where it stands; ended ones too while in the state. */
  operationOf(systemId: string): { order: StateOperation; step: PlanStep } | undefined {
    const order = this.#deps.store.operationOf(systemId);
    return order && { order, step: this.stepOf(order) };
  }

  /** Does what every plan calls for now, and sets the timer for the next deadline. */
  #review(): void {
    if (this.#stopped.signal.aborted) return;
    const { state } = this.#deps.store;
    if (!state) return;
    this.#forgetTakenBack(state);
    const nextMs = state.operations.map((operation) => this.#reviewOne(operation));
    this.#setTimer(Math.min(...nextMs, Infinity));
  }

  /** Returns when the operation must be looked at again, ms since the epoch. */
  #reviewOne(operation: StateOperation): number {
    if (!this.#isMine(operation)) return Infinity;
    if (this.#deps.journal.factsOf(operation.id).length === 0) this.#append(operation, STARTED);
    const step = this.stepOf(operation);
    if (step.outcome.kind !== "running") {
      this.#close(operation, step.outcome);
      return Infinity;
    }
    if (step.dueOrder && !this.#holds(operation)) return this.#deps.clock.nowMs() + LOOK_AGAIN_MS;
    if (step.dueOrder && !this.#orders.has(operation.id)) {
      this.#carryOut(operation, step.phase.name, step.dueOrder);
    }
    return step.deadlineMs;
  }

  #isMine({ holder }: StateOperation): boolean {
    return holder === undefined || holder === this.#deps.agentId;
  }

  /** An agent of several that is cut off gives no order: the region may have passed it on. */
  #holds({ holder }: StateOperation): boolean {
    const sinceMs = this.#deps.unreachableSinceMs();
    return holder === undefined || sinceMs === undefined ||
      this.#deps.clock.nowMs() - sinceMs < HOLD_MS;
  }

  #close(operation: StateOperation, outcome: Exclude<PlanStep["outcome"], { kind: "running" }>) {
    if (this.#closed.has(operation.id)) return;
    this.#closed.add(operation.id);
    const facts = this.#deps.journal.factsOf(operation.id);
    if (!facts.some((fact) => fact.kind === "operation.ended")) {
      const failure = outcome.kind === "failed" ? outcome.failure : undefined;
      this.#append(operation, { kind: "operation.ended", outcome: outcome.kind, failure });
      this.#deps.log("operation.ended", { id: operation.id, outcome: outcome.kind, failure });
    }
    this.#tellEnded(operation.id);
  }

  /** An operation that left the state is over, whatever its plan says. */
  #forgetTakenBack(state: SiteState): void {
    const wanted = new Set(state.operations.map(({ id }) => id));
    for (const id of this.#deps.journal.operationIds()) {
      if (wanted.has(id) || this.#closed.has(id)) continue;
      this.#closed.add(id);
      this.#tellEnded(id);
    }
  }

  #tellEnded(operationId: string): void {
    this.#deps.onEnded(operationId).catch((error) =>
      this.#deps.log("operation.end_failed", { id: operationId, reason: errorText(error) })
    );
  }

  #carryOut(operation: StateOperation, phase: string, order: PowerOrder): void {
    const running = this.#order(operation, phase, order)
      .catch((error) => this.#deps.log("power.broken", { reason: errorText(error) }))
      .finally(() => {
        this.#orders.delete(operation.id);
        this.#review();
      });
    this.#orders.set(operation.id, running);
  }

  async #order(operation: StateOperation, phase: string, order: PowerOrder): Promise<void> {
    const { store, journal, power } = this.#deps;
    const machine = store.machine(operation.systemId);
    this.#append(operation, { kind: "power.ordered", phase, order });
    await journal.flush(); // on disk before the BMC is touched
    const { signal } = this.#stopped;
    try {
      if (!machine) throw missing(operation);
      const { state } = await power(machine, order, signal);
      this.#append(operation, { kind: "power.done", phase, order, state });
    } catch (error) {
      if (signal.aborted) return; // the next start gives the order again
      const { code, message } = powerFailure(machine, error);
      this.#append(operation, { kind: "power.failed", phase, order, code, message });
    }
  }

  #append(operation: StateOperation, fact: NewFact | typeof STARTED): void {
    const whole = fact === STARTED
      ? { kind: "operation.started" as const, operationKind: operation.kind }
      : fact;
    const { id: operationId, systemId } = operation;
    this.#deps.journal.append({ ...whole, operationId, systemId } as NewFact); // same kind, two ids more
  }

  #setTimer(atMs: number): void {
    clearTimeout(this.#timer);
    if (atMs === Infinity) return;
    const waitMs = Math.max(0, Math.min(atMs - this.#deps.clock.nowMs() + 1, TIMER_MAX_MS));
    this.#timer = setTimeout(() => this.#review(), waitMs);
  }
}

const STARTED = Symbol("operation.started");

/** A failure that no driver foresaw still ends the operation with a reason, and never loops. */
function powerFailure(machine: StateMachine | undefined, error: unknown) {
  if (error instanceof DomainError) return error;
  const where = machine?.bmc?.address ?? "this machine";
  return { code: "power.broken", message: `the BMC of ${where}: ${errorText(error)}` };
}

function missing(operation: StateOperation): DomainError {
  return new DomainError({
    kind: "not_found",
    code: "machine.not_in_state",
    message: `operation ${operation.id} is for machine ${operation.systemId}, which this site's ` +
      "state does not name",
  });
}
