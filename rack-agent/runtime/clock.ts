/** Time as the agent sees it; tests hand in their own. */
export interface Clock {
  /** Wall clock, ms since the epoch; may jump. */
  nowMs(): number;
  /** Monotonic, ms since some start; never jumps. */
  monoMs(): number;
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monoMs: () => performance.now(),
};
