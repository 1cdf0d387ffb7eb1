import type { Hub } from "@/region/context.ts";

/** How late a change may be noticed that another request made; each look is a read of the store. */
const LOOK_EVERY_MS = 5000;

/**
 * The hub of a home whose requests know nothing of each other: whoever waits is woken now and then,
 * and looks for itself.
 */
export function createSleepingHub(): Hub {
  return {
    publish: () => {},
    isClosed: () => false,
    wait: (_topic, timeoutMs, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        const wake = () => {
          clearTimeout(timer);
          signal?.removeEventListener("abort", wake);
          resolve();
        };
        const timer = setTimeout(wake, Math.min(timeoutMs, LOOK_EVERY_MS));
        signal?.addEventListener("abort", wake, { once: true });
      }),
  };
}
