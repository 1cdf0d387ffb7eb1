import { expect } from "vitest";
import { chassisControl } from "@/rack-agent/wire/ipmi/commands/chassis_control.ts";
import { getChassisStatus } from "@/rack-agent/wire/ipmi/commands/get_chassis_status.ts";
import { checkLogin, type IpmiLogin } from "@/rack-agent/protocol/ipmi/login.ts";
import { startSession, step } from "@/rack-agent/protocol/ipmi/session.ts";
import type {
  CommandRequest,
  IpmiSession,
  SessionEvent,
  SessionStep,
} from "@/rack-agent/protocol/ipmi/session_state.ts";
import { IpmiBmc, type IpmiBmcOptions } from "@/test/fakes/bmc/ipmi_bmc.ts";

export const PASSWORD = "hunter2-planted";
export const login: IpmiLogin = { address: "192.0.2.7", username: "admin", password: PASSWORD };

export const switchOn: CommandRequest = {
  ...chassisControl,
  data: chassisControl.encodeRequest({ control: "on" }),
};
export const status: CommandRequest = {
  ...getChassisStatus,
  data: getChassisStatus.encodeRequest(),
};

/** Repeatable chance: numbers from 0 up to 1. */
export function chanceFrom(seed: number): () => number {
  let state = seed % 2_147_483_646 + 1;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

/** Between the session and the BMC: what arrives of a datagram, and after how many milliseconds. */
export type Link = (bytes: Uint8Array) => { bytes: Uint8Array; afterMs: number }[];
export const perfect: Link = (bytes) => [{ bytes, afterMs: 1 }];
export const deaf: Link = () => [];

/** Plays a session on virtual time. Both directions go through `link`. */
export class Play {
  nowMs = 1_000;
  session: IpmiSession;
  readonly sent: Uint8Array[] = [];
  readonly outcomes: SessionStep[] = [];
  readonly #flights: { atMs: number; to: "bmc" | "console"; bytes: Uint8Array }[] = [];

  constructor(readonly bmc: IpmiBmc, readonly link: Link, own: Partial<IpmiLogin> = {}) {
    const seed = Uint8Array.from({ length: 32 }, (_, index) => index);
    const first = startSession(checkLogin({ ...login, ...own }), seed, this.nowMs);
    this.session = first.session;
    this.#take(first);
  }

  /** Plays until the session wants something of its caller. */
  run(): SessionStep {
    for (let turns = 0; turns < 5_000; turns++) {
      const outcome = this.outcomes.pop();
      if (outcome) return outcome;
      this.#turn();
    }
    throw new Error("the session never came to an end");
  }

  /** Plays the whole session: open, one command, close. */
  runThrough(request: CommandRequest): SessionStep {
    const opened = this.run();
    if (opened.kind !== "ready") return opened;
    const answered = this.do({ kind: "command", request });
    if (answered.kind !== "answered") return answered;
    expect(this.do({ kind: "close" }).kind).toBe("closed");
    return answered;
  }

  do(event: SessionEvent): SessionStep {
    this.begin(event);
    return this.run();
  }

  /** Gives the session an event and plays nothing on. */
  begin(event: SessionEvent): void {
    this.#take(step(this.session, event, this.nowMs));
  }

  /** Gives the session bytes as if they came from the BMC, and plays nothing on. */
  inject(bytes: Uint8Array): SessionStep {
    const next = step(this.session, { kind: "datagram", bytes }, this.nowMs);
    this.#take(next);
    return next;
  }

  #turn(): void {
    this.#flights.sort((left, right) => left.atMs - right.atMs);
    const flight = this.#flights[0];
    if (flight && flight.atMs <= this.session.deadlineMs) {
      this.#flights.shift();
      this.nowMs = Math.max(this.nowMs, flight.atMs);
      if (flight.to === "console") {
        this.#take(step(this.session, { kind: "datagram", bytes: flight.bytes }, this.nowMs));
      } else {
        for (const answer of this.bmc.receive(flight.bytes)) this.#fly("console", answer);
      }
      return;
    }
    if (!Number.isFinite(this.session.deadlineMs)) throw new Error("nothing will ever happen");
    this.nowMs = this.session.deadlineMs;
    this.#take(step(this.session, { kind: "deadline" }, this.nowMs));
  }

  #take(next: SessionStep): void {
    this.session = next.session;
    if (next.kind === "send") {
      this.sent.push(next.bytes);
      this.#fly("bmc", next.bytes);
    } else if (next.kind !== "wait") {
      if (next.kind === "failed" && next.farewell) this.bmc.receive(next.farewell);
      this.outcomes.push(next);
    }
  }

  #fly(to: "bmc" | "console", bytes: Uint8Array): void {
    for (const arrival of this.link(bytes)) {
      this.#flights.push({ atMs: this.nowMs + arrival.afterMs, to, bytes: arrival.bytes });
    }
  }
}

export function bmcWith(options: Partial<IpmiBmcOptions> = {}): IpmiBmc {
  const chance = chanceFrom(99);
  const random16 = () => Uint8Array.from({ length: 16 }, () => Math.floor(chance() * 256));
  return new IpmiBmc({ password: PASSWORD, random16, ...options });
}

export function failure(outcome: SessionStep) {
  if (outcome.kind !== "failed") throw new Error(`the session did not fail: ${outcome.kind}`);
  expect(outcome.error.message).toContain("192.0.2.7");
  expect(JSON.stringify(outcome.error) + outcome.error.stack).not.toContain(PASSWORD);
  return outcome.error;
}
