/** Places of the histogram: the last one holds all from 4 seconds on. */
const PLACES = 23;

/** How long things took, and all of them together. */
export interface TimeHistogram {
  /** In place i: how many took up to 2^i microseconds, and more than 2^(i-1). */
  readonly byPowerOfTwoUs: readonly number[];
  readonly sumMs: number;
}

/** A histogram of times by powers of two of a microsecond. */
export class ReplyTimes {
  readonly #counts = new Uint32Array(PLACES);
  #sumMs = 0;

  add(ms: number): void {
    this.#sumMs += ms;
    const place = Math.max(0, 32 - Math.clz32(Math.max(0, ms * 1_000) | 0));
    const at = Math.min(place, PLACES - 1);
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
  }

  get histogram(): TimeHistogram {
    return { byPowerOfTwoUs: [...this.#counts], sumMs: this.#sumMs };
  }
}
