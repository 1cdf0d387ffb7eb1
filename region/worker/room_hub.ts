import type { Hub } from "@/region/context.ts";
import { createSleepingHub } from "./sleeping_hub.ts";

/** As much of a Durable Object's binding as the hub uses. */
export interface RoomBinding {
  idFromName(name: string): unknown;
  get(id: unknown): { fetch(url: string, init?: RequestInit): Promise<Response> };
}

/** One for all: it costs by the time that it is awake, and holds thousands who wait. */
const ROOM = "sites";

/** A hub whose requests meet in a `WakeRoom`; where that is away, they look again now and then. */
export function createRoomHub(
  binding: RoomBinding,
  waitUntil: (work: Promise<unknown>) => void,
): Hub {
  const sleeping = createSleepingHub();
  // A stub belongs to the request that made it.
  const ask = async (method: string, query: string, signal?: AbortSignal) => {
    const room = binding.get(binding.idFromName(ROOM));
    const response = await room.fetch(`https://room.invalid/?${query}`, { method, signal });
    await response.body?.cancel();
    if (!response.ok) throw new Error(`the room answered ${response.status}`);
  };
  return {
    isClosed: () => false,
    publish: (topic) => {
      // Whoever waits wakes a little later by itself.
      waitUntil(ask("POST", String(new URLSearchParams({ topic }))).catch(() => {}));
    },
    wait: async (topic, timeoutMs, signal) => {
      if (timeoutMs <= 0 || signal?.aborted) return;
      const query = String(new URLSearchParams({ topic, ms: String(Math.ceil(timeoutMs)) }));
      try {
        await ask("GET", query, signal);
      } catch {
        await sleeping.wait(topic, timeoutMs, signal); // at once, where it was the signal
      }
    },
  };
}
