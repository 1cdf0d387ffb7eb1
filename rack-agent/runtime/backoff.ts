/** Waits that grow: 1 s, 2 s, 4 s … up to `maxMs`, each spread by ±20 % so that agents do not march in step. */
export function backoffMs(attempt: number, maxMs: number, chance: number): number {
  const plain = Math.min(maxMs, 1_000 * 2 ** Math.min(attempt, 20));
  return plain * (0.8 + 0.4 * chance);
}

/** Resolves after `ms`, or at once when `signal` ends. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener("abort", done, { once: true });
  });
}
