import { expect, test } from "vitest";
import { compareSpans, usualDurations } from "./compare_spans.ts";
import type { Span } from "./MiniWaterfall.tsx";

const span = (name: string, startMs: number, endMs: number): Span => ({
  name,
  owner: "system",
  startMs,
  endMs,
  bytes: 0,
});

test("the usual is the middle of what a stage took in all, however often it came", () => {
  const usual = usualDurations([
    [span("power", 0, 10), span("restart", 10, 20), span("restart", 30, 50)],
    [span("power", 0, 90)],
    [span("power", 0, 20), span("restart", 20, 28)],
  ]);
  expect([...usual]).toEqual([["power", 20], ["restart", 8]]);
  expect([...usualDurations([])]).toEqual([]);
});

test("only the last span of a running operation grows, and never back", () => {
  const spans = [span("power", 100, 110), span("firmware", 110, 150)];
  const rows = compareSpans(spans, new Map([["firmware", 70]]), 400);
  expect(rows.map(({ fromMs, durationMs, usualMs }) => [fromMs, durationMs, usualMs])).toEqual([
    [0, 10, undefined],
    [10, 290, 70],
  ]);
  expect(compareSpans(spans, new Map(), 120)[1]?.durationMs).toBe(40);
  expect(compareSpans(spans, new Map(), undefined)[1]?.durationMs).toBe(40);
});

test("a stage that comes twice is not held against what both usually take", () => {
  const spans = [span("restart", 0, 10), span("power", 10, 12), span("restart", 12, 20)];
  const rows = compareSpans(spans, new Map([["restart", 18], ["power", 3]]), undefined);
  expect(rows.map(({ usualMs }) => usualMs)).toEqual([undefined, 3, undefined]);
});
