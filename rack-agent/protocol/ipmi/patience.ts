import { draw } from "./draw.ts";
import type { IpmiSession, Phase, SessionStep } from "./session_state.ts";

/** How long to wait after the first, second, … sending. The sum bounds how long silence lasts. */
const WAITS_MS = [700, 1_400, 2_800, 2_800] as const;
export const SENDS_MAX = WAITS_MS.length;
/** A BMC that takes long to answer is given this many times as long the next time. */
const SLOW_FACTOR = 2;
const FIRST_WAIT_MS_MAX = 5_000;
const JITTER = 0.1; // of a wait, either way, so that a thousand BMCs are not asked at once

/** Sends the first datagram of a phase. */
export function sendFirst(
  session: IpmiSession,
  phase: Phase,
  bytes: Uint8Array,
  nowMs: number,
): SessionStep {
  const fresh = { ...session, phase, sends: 0, firstSentMs: nowMs };
  return sendAgain(fresh, phase, bytes, nowMs);
}

/** Sends one more datagram of the phase in hand. */
export function sendAgain(
  session: IpmiSession,
  phase: Phase,
  bytes: Uint8Array,
  nowMs: number,
): SessionStep {
  const deadlineMs = nowMs + waitMs(session);
  return {
    kind: "send",
    bytes,
    session: { ...session, phase, sends: session.sends + 1, deadlineMs },
  };
}

/** Notes how long the answer took. */
export function noteAnswer(session: IpmiSession, nowMs: number): IpmiSession {
  return { ...session, answerMs: nowMs - session.firstSentMs, deadlineMs: Infinity };
}

/** Repeating RAKP message 1 makes some BMCs start over: the wait follows what the BMC needs. */
function waitMs(session: IpmiSession): number {
  const table = WAITS_MS[session.sends] ?? 0;
  const slow = Math.min(session.answerMs * SLOW_FACTOR, FIRST_WAIT_MS_MAX);
  const [chance = 0] = draw(session.seed, `wait ${session.firstSentMs} ${session.sends}`, 1);
  return Math.round(Math.max(table, slow) * (1 + JITTER * (chance / 127.5 - 1)));
}
