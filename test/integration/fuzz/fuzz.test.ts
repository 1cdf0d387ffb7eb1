import { expect, test, vi } from "vitest";
import { runTarget } from "./run_target.ts";
import { FUZZ_TARGETS } from "./targets.ts";

const PACKETS = 200_000;
const SEED = Number(Deno.env.get("RACKWRIGHT_FUZZ_SEED") ?? Date.now() % 2 ** 31);

vi.setConfig({ testTimeout: 240_000 });

for (const [name, target] of Object.entries(FUZZ_TARGETS)) {
  test(`${name}: ${PACKETS} damaged packets are read or refused (seed ${SEED})`, () => {
    const { read, refused } = runTarget(target, { packets: PACKETS, seed: SEED });
    expect(refused).toBeGreaterThan(PACKETS / 100); // else nothing was damaged
    expect(read).toBeGreaterThan(PACKETS / 50); // else nothing was reached
  });
}
