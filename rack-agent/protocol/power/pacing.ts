/**
 * How often a BMC is asked for its machine's power state: pure, no clock.
 *
 * One that answers is asked every half minute; a slow one less often, so that asking is a small part
 * of what it does; a silent one less and less, so that it costs nobody anything; one that refuses
 * the login hardly ever, because BMCs lock users out who guess.
 */
export interface Pace {
  readonly failures: number; // in a row
  readonly answerMs: number; // how long the last answer took
  readonly isRefused: boolean; // the last failure will not pass by itself
}

export const FRESH_PACE: Pace = { failures: 0, answerMs: 0, isRefused: false };

/** What came of asking. */
export type PollOutcome =
  | { readonly kind: "answered"; readonly tookMs: number }
  | { readonly kind: "failed"; readonly code: string };

export const POLL_MS = 30_000;
const SHARE_MAX = 0.1; // of a slow BMC's time
/** With the jitter and a slow answer, what is known of a BMC that answers stays under a minute old. */
const SLOW_POLL_MS_MAX = 45_000;
const SILENT_POLL_MS_MAX = 15 * 60_000;
const REFUSED_POLL_MS = 5 * 60_000;
const REFUSED_POLL_MS_MAX = 60 * 60_000;
const JITTER = 0.1; // either way

/** These pass: the BMC is starting, busy, or out of reach. Others need a person. */
const PASSING: readonly string[] = ["bmc.no_answer", "bmc.busy", "bmc.not_now"];

export function notePoll(pace: Pace, outcome: PollOutcome): Pace {
  if (outcome.kind === "answered") {
    return { failures: 0, answerMs: outcome.tookMs, isRefused: false };
  }
  const isRefused = !PASSING.includes(outcome.code);
  return { ...pace, failures: pace.failures + 1, isRefused };
}

/** Milliseconds until the next question; `chance` is from 0 up to 1. */
export function pollAfterMs(pace: Pace, chance: number): number {
  return Math.round(plainMs(pace) * (1 - JITTER + 2 * JITTER * chance));
}

function plainMs({ failures, answerMs, isRefused }: Pace): number {
  if (failures === 0) {
    return Math.min(Math.max(POLL_MS, answerMs / SHARE_MAX), SLOW_POLL_MS_MAX);
  }
  const doubled = 2 ** Math.min(failures - 1, 20);
  return isRefused
    ? Math.min(REFUSED_POLL_MS * doubled, REFUSED_POLL_MS_MAX)
    : Math.min(POLL_MS * doubled, SILENT_POLL_MS_MAX);
}

const SPREAD_MS_PER_BMC = 10;

/** When the first question to one of `count` BMCs is due, so that they are not all asked at once. */
export function firstPollMs(count: number, chance: number): number {
  return Math.round(chance * Math.min(POLL_MS, count * SPREAD_MS_PER_BMC));
}
