import type { Span } from "./MiniWaterfall.tsx";

export interface SpanRow extends Span {
  /** Milliseconds after the operation was asked for. */
  readonly fromMs: number;
  readonly durationMs: number;
  /** What it usually takes; undefined: nobody knows yet. */
  readonly usualMs: number | undefined;
}

/** The middle of what each stage took in these operations, by the stage's name. */
export function usualDurations(operations: readonly (readonly Span[])[]): Map<string, number> {
  const all = new Map<string, number[]>();
  for (const spans of operations) {
    for (const [name, ms] of sumByName(spans)) all.set(name, [...(all.get(name) ?? []), ms]);
  }
  return new Map([...all].map(([name, times]) => [name, middle(times)]));
}

/** Spans with what they usually take; of one that runs, the last goes on until `nowMs`. */
export function compareSpans(
  spans: readonly Span[],
  usual: ReadonlyMap<string, number>,
  nowMs: number | undefined,
): SpanRow[] {
  const startMs = spans[0]?.startMs ?? 0;
  const times = Map.groupBy(spans, ({ name }) => name);
  return spans.map((span, i) => {
    const isLast = i === spans.length - 1;
    const endMs = isLast && nowMs !== undefined ? Math.max(span.endMs, nowMs) : span.endMs;
    return {
      ...span,
      endMs,
      fromMs: span.startMs - startMs,
      durationMs: endMs - span.startMs,
      // Of a stage that comes more than once, such as the moments between steps, only all are usual.
      usualMs: times.get(span.name)?.length === 1 ? usual.get(span.name) : undefined,
    };
  });
}

/** A stage may come twice, such as two restarts: it is compared as a whole. */
function sumByName(spans: readonly Span[]): Map<string, number> {
  const sums = new Map<string, number>();
  for (const { name, startMs, endMs } of spans) {
    sums.set(name, (sums.get(name) ?? 0) + endMs - startMs);
  }
  return sums;
}

function middle(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
}
