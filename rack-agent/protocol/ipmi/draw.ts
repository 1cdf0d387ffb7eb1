import { Buffer } from "node:buffer";
import { createHmac } from "node:crypto";

/** Secret random bytes a session is started with: 32 of them, from the system's generator. */
export const SEED_BYTES = 32;
const DRAW_BYTES_MAX = 32;

/**
 * Bytes that nobody without the seed can predict: HMAC-SHA256(seed, label).
 *
 * One seed per session keeps randomness out of this layer and makes every test repeatable. A label
 * must not be used for two purposes.
 */
export function draw(seed: Uint8Array, label: string, length: number): Uint8Array {
  if (seed.length !== SEED_BYTES || length > DRAW_BYTES_MAX) throw new RangeError("draw");
  const bytes = createHmac("sha256", Buffer.from(seed)).update(label).digest();
  return Uint8Array.from(bytes.subarray(0, length));
}
