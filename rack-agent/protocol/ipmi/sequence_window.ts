/**
 * Which session sequence numbers of the BMC have been seen, IPMI 2.0 §6.12.13.
 *
 * The specification lets a number be at most 16 ahead. Any number ahead is taken here: the
 * signature was checked before, and a burst of lost packets must not end the session.
 */
export interface SequenceWindow {
  readonly highest: number; // 0: none yet
  readonly seen: number; // bit n: highest - n was seen
}

export const EMPTY_WINDOW: SequenceWindow = { highest: 0, seen: 0 };

const WINDOW_BITS = 32;
const HALF_RANGE = 2 ** 31;

/** The window after `sequence` arrived, or undefined if it must be dropped: repeated or too old. */
export function acceptSequence(
  window: SequenceWindow,
  sequence: number,
): SequenceWindow | undefined {
  if (sequence === 0) return undefined; // 0 means "outside a session"
  if (window.highest === 0) return { highest: sequence, seen: 1 };
  const ahead = (sequence - window.highest) >>> 0; // modulo 2^32: numbers wrap
  if (ahead !== 0 && ahead < HALF_RANGE) {
    const moved = ahead < WINDOW_BITS ? window.seen << ahead : 0;
    return { highest: sequence, seen: (moved | 1) >>> 0 };
  }
  const behind = (window.highest - sequence) >>> 0;
  if (behind >= WINDOW_BITS) return undefined;
  const bit = (1 << behind) >>> 0;
  if ((window.seen & bit) !== 0) return undefined;
  return { highest: window.highest, seen: (window.seen | bit) >>> 0 };
}
