import type { NewFact } from "@/shared/contract/facts.ts";
import type { SiteState, StateMachine } from "@/shared/contract/site_state.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import type { Clock } from "@/rack-agent/runtime/clock.ts";
import { errorText, type Log } from "@/rack-agent/runtime/log.ts";
import type { Service } from "@/rack-agent/runtime/service.ts";
import type { PowerState } from "../../protocol/power/order.ts";
import { accessOf } from "./describe_bmc.ts";
import {
  firstPollMs,
  FRESH_PACE,
  notePoll,
  type Pace,
  pollAfterMs,
} from "../../protocol/power/pacing.ts";

export interface PowerWatchDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** Asks a machine's BMC; rejects with a DomainError. */
  poll(machine: StateMachine, signal: AbortSignal): Promise<PowerState>;
  record(fact: NewFact): void;
  /** From 0 up to 1. */
  chance(): number;
  /** Closes what polls keep open. */
  close(): Promise<void>;
}

/** What is known of one machine's power. */
export interface WatchedPower {
  readonly systemId: string;
  readonly hostname: string;
  readonly state: PowerState;
  /** When that was seen, ms since the epoch; undefined: not asked yet. */
  readonly atMs: number | undefined;
  /** Why it is unknown. */
  readonly fault?: { readonly code: string; readonly message: string };
}

interface Entry {
  machine: StateMachine;
  /** The access that was polled with; another one begins anew. */
  access: string;
  pace: Pace;
  timer: ReturnType<typeof setTimeout> | undefined;
  abort: AbortController;
  state: PowerState;
  atMs: number | undefined;
  toldAtMs: number;
  fault: WatchedPower["fault"];
}

/** BMCs asked at the same moment; the silent ones of a dark rack must not take all of a host. */
const IN_FLIGHT_MAX = 4_000;
/**
 * BMCs being logged in to at the same moment. After a dark site comes back all of them need it, and
 * more at once would take longer than a BMC's patience. One that is silent or slow makes room soon.
 */
const LOGINS_MAX = 64;
const LOGIN_MS_MAX = 1_500;
const CROWDED_RETRY_MS = 1_000;
/** Several events come at once, and a BMC tells before it has settled. */
const ASK_SOON_MS = 500;
/** How often the region is told that what it knows still holds. Changes are told at once. */
const TELL_MS = 10 * 60_000;
const MACHINES_PER_FACT_MAX = 500;
/** A person has the power button; and a magic packet is never answered. */
const UNSEEN_KINDS: readonly string[] = ["manual", "wake_on_lan"];

/**
 * Keeps asking every BMC of the site for its machine's power state, each at a pace of its own.
 *
 * What changes is a fact at once; that the rest still holds is one fact every ten minutes. A BMC
 * that does not answer makes its machine's state unknown, with the reason; it is never guessed.
 */
export class PowerWatch implements Service {
  readonly name = "power watch";
  readonly #deps: PowerWatchDeps;
  readonly #entries = new Map<string, Entry>();
  readonly counters = { asked: 0, answered: 0, failed: 0 };
  #inFlight = 0;
  #logins = 0;
  #isRunning = false;
  #state: SiteState | undefined;
  #teller: ReturnType<typeof setInterval> | undefined;

  constructor(deps: PowerWatchDeps) {
    this.#deps = deps;
  }

  start(): Promise<void> {
    this.#isRunning = true;
    this.#teller = setInterval(() => this.#tellAgain(), TELL_MS);
    if (this.#state) this.applyState(this.#state);
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    this.#isRunning = false;
    clearInterval(this.#teller);
    for (const entry of this.#entries.values()) retire(entry);
    this.#entries.clear();
    await this.#deps.close();
  }

  /** Takes up, changes and gives up machines as the site's state has them. */
  applyState(state: SiteState): void {
    this.#state = state;
    if (!this.#isRunning) return;
    const seen = new Set<string>();
    const watched = state.machines.filter(({ bmc, power }) =>
      bmc || (power && !UNSEEN_KINDS.includes(power.kind))
    );
    for (const machine of watched) {
      seen.add(machine.systemId);
      this.#take(machine, watched.length);
    }
    for (const [systemId, entry] of this.#entries) {
      if (seen.has(systemId)) continue;
      retire(entry);
      this.#entries.delete(systemId);
    }
  }

  /** What an order found out; its own fact tells the region. */
  noteOrder(systemId: string, state: PowerState): void {
    const entry = this.#entries.get(systemId);
    if (!entry) return;
    const atMs = this.#deps.clock.nowMs();
    Object.assign(entry, { state, atMs, toldAtMs: atMs, fault: undefined });
    entry.pace = FRESH_PACE;
    this.#arm(entry, pollAfterMs(entry.pace, this.#deps.chance()));
  }

  /** Something happened at a machine: it is asked soon, whatever its pace. */
  askSoon(systemId: string): void {
    const entry = this.#entries.get(systemId);
    if (entry && this.#isRunning) this.#arm(entry, ASK_SOON_MS);
  }

  /** Every machine that is watched, in the state's order. */
  list(): WatchedPower[] {
    return this.#entries.values().map(({ machine, state, atMs, fault }) => ({
      systemId: machine.systemId,
      hostname: machine.hostname,
      state,
      atMs,
      ...(fault ? { fault } : {}),
    })).toArray();
  }

  #take(machine: StateMachine, count: number): void {
    const access = accessOf(machine);
    const known = this.#entries.get(machine.systemId);
    if (known?.access === access) {
      known.machine = machine;
      return;
    }
    if (known) retire(known);
    const entry: Entry = {
      machine,
      access,
      pace: FRESH_PACE,
      timer: undefined,
      abort: new AbortController(),
      state: known?.state ?? "unknown",
      atMs: known?.atMs,
      toldAtMs: 0,
      fault: undefined,
    };
    this.#entries.set(machine.systemId, entry);
    this.#arm(entry, firstPollMs(known ? 1 : count, this.#deps.chance()));
  }

  #arm(entry: Entry, afterMs: number): void {
    clearTimeout(entry.timer);
    if (entry.abort.signal.aborted) return;
    entry.timer = setTimeout(() => this.#poll(entry), afterMs);
  }

  async #poll(entry: Entry): Promise<void> {
    const { clock, chance, log } = this.#deps;
    const isLogin = entry.state === "unknown";
    if (this.#inFlight >= IN_FLIGHT_MAX || (isLogin && this.#logins >= LOGINS_MAX)) {
      return this.#arm(entry, Math.round(CROWDED_RETRY_MS * (0.5 + chance())));
    }
    const endLogin = isLogin ? this.#beginLogin() : undefined;
    const { machine, abort: { signal } } = entry;
    const startMs = clock.monoMs();
    this.#inFlight++;
    this.counters.asked++;
    try {
      const state = await this.#deps.poll(machine, signal);
      const tookMs = clock.monoMs() - startMs;
      this.counters.answered++;
      entry.pace = notePoll(entry.pace, { kind: "answered", tookMs });
      if (!signal.aborted) this.#note(entry, state, undefined);
    } catch (error) {
      if (!signal.aborted) this.#failed(entry, error, log);
    } finally {
      this.#inFlight--;
      endLogin?.();
    }
    this.#arm(entry, pollAfterMs(entry.pace, chance()));
  }

  /** Takes a place among the logins; it is given back by the result, or after a while. */
  #beginLogin(): () => void {
    this.#logins++;
    let isOver = false;
    const end = () => {
      clearTimeout(timer);
      if (!isOver) this.#logins--;
      isOver = true;
    };
    const timer = setTimeout(end, LOGIN_MS_MAX);
    return end;
  }

  #failed(entry: Entry, error: unknown, log: Log): void {
    const { code, message } = error instanceof DomainError
      ? error
      : { code: "power.poll_broken", message: errorText(error) };
    if (code === "power.poll_broken") log(code, { systemId: entry.machine.systemId, message });
    this.counters.failed++;
    entry.pace = notePoll(entry.pace, { kind: "failed", code });
    this.#note(entry, "unknown", { code, message });
  }

  #note(entry: Entry, state: Entry["state"], fault: Entry["fault"]): void {
    const isNews = entry.toldAtMs === 0 || entry.state !== state ||
      entry.fault?.code !== fault?.code;
    entry.state = state;
    entry.fault = fault;
    entry.atMs = this.#deps.clock.nowMs();
    if (!isNews) return;
    entry.toldAtMs = entry.atMs;
    const { systemId } = entry.machine;
    this.#deps.record({ kind: "power.observed", systemId, state, ...fault });
  }

  /** One fact for all: that what was told is still so, and since when. */
  #tellAgain(): void {
    const due = this.#entries.values().filter(({ atMs, toldAtMs }) =>
      atMs !== undefined && atMs > toldAtMs
    ).toArray();
    for (let i = 0; i < due.length; i += MACHINES_PER_FACT_MAX) {
      const part = due.slice(i, i + MACHINES_PER_FACT_MAX);
      this.#deps.record({
        kind: "power.seen",
        machines: part.map(({ machine, state, atMs = 0 }) => ({
          systemId: machine.systemId,
          state,
          at: new Date(atMs).toISOString(),
        })),
      });
      for (const entry of part) entry.toldAtMs = entry.atMs ?? 0;
    }
  }
}

function retire(entry: Entry): void {
  clearTimeout(entry.timer);
  entry.abort.abort();
}
