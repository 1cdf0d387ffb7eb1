import { DecodeError } from "@/rack-agent/wire/byte_reader.ts";
import { damaged, randomFrom } from "./damage.ts";
import type { FuzzTarget } from "./targets.ts";

export interface FuzzCounts {
  /** Went all the way. */
  read: number;
  refused: number;
  slowestMs: number;
}

/** Feeds a target damaged packets; throws for a fault, naming the packet. */
export function runTarget(
  { seeds, start }: FuzzTarget,
  { packets, seed, onProgress }: {
    readonly packets: number;
    readonly seed: number;
    /** Called now and then with the number of packets so far. */
    readonly onProgress?: (done: number) => void;
  },
): FuzzCounts {
  const random = randomFrom(seed);
  const take = start();
  const counts: FuzzCounts = { read: 0, refused: 0, slowestMs: 0 };
  for (let i = 0; i < packets; i++) {
    if (i % PROGRESS_PACKETS === 0) onProgress?.(i);
    const bytes = damaged(seeds, random);
    const startMs = performance.now();
    try {
      if (take(bytes, i)) counts.read += 1;
    } catch (error) {
      if (!(error instanceof DecodeError)) {
        throw new Error(`packet ${i} of seed ${seed}: ${hexOf(bytes)}`, { cause: error });
      }
      counts.refused += 1;
    }
    counts.slowestMs = Math.max(counts.slowestMs, performance.now() - startMs);
  }
  onProgress?.(packets);
  return counts;
}

const PROGRESS_PACKETS = 100_000;

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
}
