const FIRST_RETRY_MS = 2000;
const RETRY_MS_MAX = 5 * 60_000;
/** Without a byte in between: three quarters of an hour. A part that comes starts the count anew. */
export const FETCH_ATTEMPTS_MAX = 15;

/** How long to wait after the `attempts`-th try, from 1; `chance`, 0 to 1, spreads it by a fifth. */
export function fetchRetryMs(attempts: number, chance: number): number {
  const delay = Math.min(FIRST_RETRY_MS * 2 ** (attempts - 1), RETRY_MS_MAX);
  return Math.round(delay * (0.8 + 0.4 * chance));
}

/**
 * Seconds until a sync has all, at the speed it had so far; undefined before there is a speed.
 */
export function etaSeconds(
  { doneBytes, totalBytes, fetchedBytes, elapsedMs }: {
    readonly doneBytes: number;
    readonly totalBytes: number;
    readonly fetchedBytes: number;
    readonly elapsedMs: number;
  },
): number | undefined {
  if (doneBytes >= totalBytes) return 0;
  if (fetchedBytes <= 0 || elapsedMs <= 0) return undefined;
  return Math.ceil((totalBytes - doneBytes) / (fetchedBytes / (elapsedMs / 1000)));
}
