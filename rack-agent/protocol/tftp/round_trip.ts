/**
 * What is known of the way to a client and back, after RFC 6298; times in milliseconds.
 *
 * `smoothedMs` is undefined until the first measurement.
 */
export interface RoundTrip {
  readonly smoothedMs: number | undefined;
  readonly variationMs: number;
}

export const UNKNOWN_ROUND_TRIP: RoundTrip = { smoothedMs: undefined, variationMs: 0 };

/** Before the first measurement: RFC 6298 §2.1. */
const INITIAL_TIMEOUT_MS = 1_000;
/** Firmware that writes to flash, or a host that is busy, answers late without any loss. */
const TIMEOUT_MIN_MS = 20;

/** Takes in one measurement. Packets sent twice must not be measured (Karn's algorithm). */
export function measured({ smoothedMs, variationMs }: RoundTrip, tookMs: number): RoundTrip {
  if (smoothedMs === undefined) return { smoothedMs: tookMs, variationMs: tookMs / 2 };
  return {
    smoothedMs: smoothedMs + (tookMs - smoothedMs) / 8,
    variationMs: variationMs + (Math.abs(tookMs - smoothedMs) - variationMs) / 4,
  };
}

/** How long to wait for an answer that should have come by then. */
export function retransmitMs({ smoothedMs, variationMs }: RoundTrip, maxMs: number): number {
  const wantedMs = smoothedMs === undefined
    ? INITIAL_TIMEOUT_MS
    : Math.max(smoothedMs + 4 * variationMs, TIMEOUT_MIN_MS);
  return Math.min(wantedMs, maxMs);
}
