import fc from "fast-check";
import { expect, test } from "vitest";
import { acceptSequence, EMPTY_WINDOW, type SequenceWindow } from "./sequence_window.ts";

/** Which of `sequences` are taken, in order. */
function taken(...sequences: number[]): number[] {
  let window: SequenceWindow = EMPTY_WINDOW;
  return sequences.filter((sequence) => {
    const next = acceptSequence(window, sequence);
    if (next) window = next;
    return next !== undefined;
  });
}

test("acceptSequence() takes rising numbers once each", () => {
  expect(taken(1, 2, 2, 3, 1, 3)).toEqual([1, 2, 3]);
});

test("acceptSequence() takes late numbers that were not seen", () => {
  expect(taken(1, 5, 3, 4, 3)).toEqual([1, 5, 3, 4]);
});

test("acceptSequence() drops numbers 32 and more behind, and zero", () => {
  expect(taken(100, 69, 68, 0)).toEqual([100, 69]);
});

test("acceptSequence() takes a BMC that starts anywhere or loses a burst", () => {
  expect(taken(7, 8, 500, 499)).toEqual([7, 8, 500, 499]);
});

test("acceptSequence() follows numbers over the end of 32 bits", () => {
  expect(taken(0xffff_fffe, 0xffff_ffff, 1, 0xffff_fffe, 0xffff_fff0, 2)).toEqual(
    [0xffff_fffe, 0xffff_ffff, 1, 0xffff_fff0, 2],
  );
});

test("acceptSequence() never takes a number twice, whatever the order", () => {
  const numbers = fc.array(fc.integer({ min: 1, max: 80 }), { maxLength: 200 });
  fc.assert(fc.property(numbers, (sequences) => {
    const accepted = taken(...sequences);
    expect(new Set(accepted).size).toBe(accepted.length);
  }));
});
