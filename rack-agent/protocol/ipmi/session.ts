/**
 * The console's side of an IPMI session: no sockets, no clock, no randomness.
 *
 * Feed `step` what happened and when; it answers with what to send and when to wake it. The order
 * of a session: capabilities, open session, RAKP 1 to 4, raise the privilege, commands, close. IPMI
 * 1.5 has a challenge and its answer in place of RAKP.
 */

import { DecodeError } from "../../wire/byte_reader.ts";
import { decodeRmcp } from "../../wire/ipmi/rmcp.ts";
import { decodeSessionPacket } from "../../wire/ipmi/session_header.ts";
import { receiveAnswer, repeatRequest, sendClose, sendCommand } from "./exchange.ts";
import { noAnswer, refusedCommand } from "./faults.ts";
import {
  askCapabilities,
  receiveCapabilities,
  receiveFinish,
  receiveOpened,
  receiveProof,
  restartHandshake,
} from "./handshake.ts";
import { receiveActivated, receiveChallenge } from "./handshake_v15.ts";
import { type CheckedLogin } from "./login.ts";
import { sendAgain, SENDS_MAX } from "./patience.ts";
import {
  drop,
  fail,
  type IpmiSession,
  type SessionEvent,
  type SessionStep,
} from "./session_state.ts";

/** A BMC forgets an idle session by itself after a minute: closing is a courtesy. */
const CLOSE_SENDS_MAX = 2;

/** Begins a session. `seed` is 32 secret random bytes, used for this session only. */
export function startSession(login: CheckedLogin, seed: Uint8Array, nowMs: number): SessionStep {
  const session: IpmiSession = {
    login,
    seed,
    phase: { kind: "ended" },
    attempt: 0,
    sends: 0,
    firstSentMs: nowMs,
    deadlineMs: Infinity,
    answerMs: 0,
    dropped: {},
  };
  return askCapabilities(session, nowMs);
}

/** What follows from `event` at `nowMs`. Bytes that make no sense are counted and waited out. */
export function step(session: IpmiSession, event: SessionEvent, nowMs: number): SessionStep {
  switch (event.kind) {
    case "datagram":
      try {
        return receive(session, event.bytes, nowMs);
      } catch (error) {
        if (error instanceof DecodeError) return drop(session, "malformed");
        throw error;
      }
    case "deadline":
      return nowMs < session.deadlineMs ? { kind: "wait", session } : late(session, nowMs);
    case "command":
      if (session.phase.kind !== "idle") throw new Error("a command needs an idle session");
      return sendCommand(session, session.phase.link, event.request, nowMs);
    case "close":
      if (session.phase.kind !== "idle") throw new Error("only an idle session can be closed");
      return sendClose(session, session.phase.link, nowMs);
  }
}

function receive(session: IpmiSession, datagram: Uint8Array, nowMs: number): SessionStep {
  const { messageClass, body } = decodeRmcp(datagram);
  if (messageClass !== "ipmi") return drop(session, "unexpected");
  const packet = decodeSessionPacket(body);
  const { phase } = session;
  switch (phase.kind) {
    case "asking":
      return receiveCapabilities(session, packet, nowMs);
    case "challenging":
      return receiveChallenge(session, packet, nowMs);
    case "activating":
      return receiveActivated(session, phase, packet, nowMs);
    case "opening":
      return receiveOpened(session, packet, nowMs);
    case "proving":
      return receiveProof(session, phase, packet, nowMs);
    case "finishing":
      return receiveFinish(session, phase, packet, nowMs);
    case "raising":
    case "commanding":
    case "closing":
      return receiveAnswer(session, phase, { packet, body }, nowMs);
    case "idle":
    case "ended":
      return drop(session, "unexpected");
  }
}

/** The deadline has passed: repeat, or conclude that nobody will answer. */
function late(session: IpmiSession, nowMs: number): SessionStep {
  const { phase } = session;
  if (phase.kind === "idle" || phase.kind === "ended") return { kind: "wait", session };
  const sendsMax = phase.kind === "closing" ? CLOSE_SENDS_MAX : SENDS_MAX;
  if (session.sends >= sendsMax) return exhausted(session, nowMs);
  if ("request" in phase) return sendAgain(session, phase, phase.request, nowMs);
  return repeatRequest(session, phase, nowMs);
}

function exhausted(session: IpmiSession, nowMs: number): SessionStep {
  const { login, phase } = session;
  switch (phase.kind) {
    case "asking":
      return fail(session, noAnswer(login));
    case "challenging":
    case "activating":
      return fail(session, noAnswer(login, "open a session"));
    case "opening":
    case "proving":
    case "finishing":
      // RAKP message 4 may be lost for good: some BMCs answer message 3 only once.
      return restartHandshake(session, nowMs) ?? fail(session, noAnswer(login, "open a session"));
    case "raising":
    case "commanding": {
      const { link, pending } = phase;
      if (pending.busyCode === undefined) return fail(session, noAnswer(login, pending.name));
      const error = refusedCommand(login, pending, pending.busyCode);
      if (phase.kind === "raising") return fail(session, error);
      const idle = { ...session, phase: { kind: "idle", link }, deadlineMs: Infinity } as const;
      return { kind: "answered", session: idle, answer: { kind: "refused", error } };
    }
    case "closing":
    case "idle":
    case "ended":
      return {
        kind: "closed",
        session: { ...session, phase: { kind: "ended" }, deadlineMs: Infinity },
      };
  }
}
