/** Seeded chance: the same seed, the same choices. */
export interface Chance {
  /** A whole number from 0 to below `limit`. */
  below(limit: number): number;
  /** True once in `n`. */
  oneIn(n: number): boolean;
  pick<T>(values: readonly T[]): T;
}

/** mulberry32: 32 bits of state are plenty for choosing. */
export function makeChance(seed: number): Chance {
  let state = seed >>> 0;
  const below = (limit: number) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
  return {
    below,
    oneIn: (n) => below(n) === 0,
    pick<T>(values: readonly T[]): T {
      if (values.length === 0) throw new Error("there is nothing to pick from");
      // The index is within the list.
      return values[below(values.length)] as T;
    },
  };
}
