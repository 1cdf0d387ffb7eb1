/** One row of a benchmark's table: what was measured, by column. */
export type Row = Readonly<Record<string, string | number>>;

/** What a benchmark is held against. */
export interface Bar {
  readonly name: string;
  readonly value: number;
  /** As in `<= 5` or `>= 0.8`. */
  readonly bar: string;
  readonly ok: boolean;
}

export interface BenchResult {
  readonly rows: readonly Row[];
  readonly bars: readonly Bar[];
}

export interface Bench {
  readonly description: string;
  /** `log` is for progress; results are returned. */
  run(log: (line: string) => void): Promise<BenchResult>;
}

/** A bar that the value must not exceed. */
export function atMost(name: string, value: number, limit: number): Bar {
  return { name, value, bar: `<= ${limit}`, ok: value <= limit };
}

/** A bar that the value must reach. */
export function atLeast(name: string, value: number, limit: number): Bar {
  return { name, value, bar: `>= ${limit}`, ok: value >= limit };
}

/**
 * Runs contenders in turn, A B A B …, so that a host whose speed drifts treats them alike.
 *
 * Returns what each measured, in the order of the contenders.
 */
export async function interleave<T>(
  contenders: readonly (() => Promise<T>)[],
  rounds: number,
): Promise<T[][]> {
  const measured: T[][] = contenders.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, contender] of contenders.entries()) {
      measured[i]?.push(await contender());
    }
  }
  return measured;
}

/** The middle value; of an even number of them, the lower of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted[Math.floor((sorted.length - 1) / 2)];
  if (middle === undefined) throw new Error("no values, no median");
  return middle;
}
