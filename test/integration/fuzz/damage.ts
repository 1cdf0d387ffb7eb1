/** A number from 0 to below its argument. */
export type Random = (below: number) => number;

const CHANGES_MAX = 8;
/** Damaged packets get no longer: longer ones cost time and reach nothing new. */
const BYTES_MAX = 4_096;

/** Small, quick and the same everywhere for a seed: mulberry32. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value = (value + Math.imul(value ^ (value >>> 7), value | 61)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) % below;
  };
}

/** One of some packets with up to eight changes; sometimes with none. */
export function damaged(seeds: readonly Uint8Array[], random: Random): Uint8Array {
  let bytes: Uint8Array = seeds[random(seeds.length)]?.slice() ?? new Uint8Array();
  for (let changes = random(CHANGES_MAX); changes > 0; changes--) bytes = changed(bytes, random);
  return bytes.length > BYTES_MAX ? bytes.subarray(0, BYTES_MAX) : bytes;
}

function changed(bytes: Uint8Array, random: Random): Uint8Array {
  const at = random(bytes.length + 1);
  switch (random(16)) {
    case 0:
      return bytes.slice(0, at);
    case 1:
      return joined(bytes.subarray(0, at), bytes.subarray(0, random(at + 1)), bytes.subarray(at));
    case 2:
    case 3:
      return joined(bytes.subarray(0, at), Uint8Array.of(random(256)), bytes.subarray(at));
    case 4:
    case 5:
      return joined(bytes.subarray(0, at), bytes.subarray(at + 1));
    case 6: // what lengths and counts break at
      bytes[at] = [0, 1, 0x7f, 0x80, 0xff][random(5)] ?? 0;
      return bytes;
    default:
      bytes[at] = random(256); // a place behind the end takes nothing
      return bytes;
  }
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
