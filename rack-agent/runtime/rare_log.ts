import type { Log } from "./log.ts";

const INTERVAL_MS = 60_000;

/**
 * Writes each event at most once a minute, with how many were left out: what strangers can cause
 * by sending packets must not fill a disk.
 */
export class RareLog {
  readonly #log: Log;
  readonly #monoMs: () => number;
  readonly #seen = new Map<string, { nextMs: number; leftOut: number }>();

  constructor(log: Log, monoMs: () => number) {
    this.#log = log;
    this.#monoMs = monoMs;
  }

  /** `event` must be one of a fixed set: it is remembered for good. */
  write(event: string, fields: Record<string, unknown>): void {
    const nowMs = this.#monoMs();
    const seen = this.#seen.get(event) ?? { nextMs: nowMs, leftOut: 0 };
    this.#seen.set(event, seen);
    if (nowMs < seen.nextMs) {
      seen.leftOut += 1;
      return;
    }
    this.#log(event, { ...fields, ...(seen.leftOut > 0 && { leftOut: seen.leftOut }) });
    seen.nextMs = nowMs + INTERVAL_MS;
    seen.leftOut = 0;
  }
}
