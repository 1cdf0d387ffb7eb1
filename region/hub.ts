import type { Hub } from "./context.ts";

/** A hub for one process: every waiter of a topic wakes on the next publish. */
export function createHub(): Hub & {
  /** Wakes everybody, and lets nobody wait any more: the process is about to stop. */
  close(): void;
} {
  let isClosed = false;
  const waiters = new Map<string, Set<() => void>>();

  function forget(topic: string, wake: () => void): void {
    const set = waiters.get(topic);
    set?.delete(wake);
    if (set?.size === 0) waiters.delete(topic);
  }

  return {
    close() {
      isClosed = true;
      for (const set of [...waiters.values()]) for (const wake of [...set]) wake();
    },
    isClosed: () => isClosed,
    publish(topic) {
      for (const wake of [...waiters.get(topic) ?? []]) wake();
    },
    wait(topic, timeoutMs, signal) {
      if (isClosed || signal?.aborted) return Promise.resolve();
      return new Promise((resolve) => {
        const wake = () => {
          clearTimeout(timer);
          signal?.removeEventListener("abort", wake);
          forget(topic, wake);
          resolve();
        };
        const timer = setTimeout(wake, timeoutMs);
        signal?.addEventListener("abort", wake, { once: true });
        const set = waiters.get(topic) ?? new Set();
        waiters.set(topic, set.add(wake));
      });
    },
  };
}
