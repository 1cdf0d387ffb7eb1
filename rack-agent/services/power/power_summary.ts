import type { WatchedPower } from "./power_watch.ts";

/** What an agent's status says of its machines' power. */
export interface PowerSummary {
  readonly machines: number;
  readonly on: number;
  readonly off: number;
  /** Not asked yet, or the BMC does not answer. */
  readonly unknown: number;
  /** Seconds since the state seen longest ago was seen; absent: none was. */
  readonly oldestSeconds?: number;
  /** BMCs that cannot be asked, and why; the first of them. */
  readonly faults: readonly {
    readonly hostname: string;
    readonly code: string;
    readonly message: string;
  }[];
}

const FAULTS_SHOWN_MAX = 20;

export function summarizePower(watched: readonly WatchedPower[], nowMs: number): PowerSummary {
  const count = (state: WatchedPower["state"]) =>
    watched.filter((each) => each.state === state).length;
  const seenMs = watched.filter(({ state }) => state !== "unknown").map(({ atMs = nowMs }) => atMs);
  const oldestMs = seenMs.reduce((oldest, atMs) => Math.min(oldest, atMs), Infinity);
  return {
    machines: watched.length,
    on: count("on"),
    off: count("off"),
    unknown: count("unknown"),
    ...(seenMs.length > 0 ? { oldestSeconds: Math.round((nowMs - oldestMs) / 1_000) } : {}),
    faults: watched.flatMap(({ hostname, fault }) => fault ? [{ hostname, ...fault }] : [])
      .slice(0, FAULTS_SHOWN_MAX),
  };
}
