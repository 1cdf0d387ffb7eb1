import { z } from "zod";
import type { RegionContext } from "@/region/context.ts";
import { AGENTS_SEEN_NAME } from "@/region/object_store/object_names.ts";
import type { ObjectStore } from "@/region/object_store/object_store.ts";

/** How old what is written down of an agent may be: between its polls, nothing is written. */
const COARSE_MS = 5 * 60_000;
/** A process writes no more often than this, whatever the number of agents. */
const WRITE_EVERY_MS = 60_000;
/** An agent that is gone for so long is forgotten. */
const KEPT_MS = 90 * 24 * 3_600_000;
const ATTEMPTS_MAX = 3;

const SeenAgents = z.record(z.string(), z.object({ siteId: z.string(), atMs: z.number() }));
type SeenAgents = z.infer<typeof SeenAgents>;

/** When any agent of a site last polled. */
export interface SiteSeen {
  readonly at: Date;
}

/** What this process knows, and has not written yet. Lost with it, no poll later it is there again. */
interface Memory {
  readonly known: Map<string, number>;
  pending: Map<string, SeenAgents[string]>;
  writtenMs: number;
}

const memories = new WeakMap<ObjectStore, Memory>();

/**
 * Remembers that an agent polled: in memory, and every few minutes in one object for all of them.
 * Never throws, and makes nobody wait.
 */
export function noteSeen(
  ctx: Pick<RegionContext, "objectStore" | "now" | "log" | "later">,
  { agentId, siteId }: { readonly agentId: string; readonly siteId: string },
): void {
  const memory = memoryOf(ctx.objectStore);
  const atMs = ctx.now().getTime();
  if (atMs - (memory.known.get(agentId) ?? -Infinity) >= COARSE_MS) {
    memory.known.set(agentId, atMs);
    memory.pending.set(agentId, { siteId, atMs });
  }
  if (memory.pending.size === 0 || atMs - memory.writtenMs < WRITE_EVERY_MS) return;
  memory.writtenMs = atMs;
  const { pending } = memory;
  memory.pending = new Map();
  const writing = write(ctx, memory, pending).catch((error) => {
    for (const agent of pending) if (!memory.pending.has(agent[0])) memory.pending.set(...agent);
    ctx.log("agents.seen_unwritten", {
      reason: error instanceof Error ? error.message : `${error}`,
    });
  });
  ctx.later?.(writing);
}

/** When agents and sites were last seen, to some minutes; nobody where the store does not say. */
export async function readSeen(
  ctx: Pick<RegionContext, "objectStore" | "log">,
): Promise<{ agents: ReadonlyMap<string, Date>; sites: ReadonlyMap<string, SiteSeen> }> {
  const { seen } = await read(ctx.objectStore);
  const sites = new Map<string, SiteSeen>();
  for (const { siteId, atMs } of Object.values(seen)) {
    if (atMs > (sites.get(siteId)?.at.getTime() ?? 0)) sites.set(siteId, { at: new Date(atMs) });
  }
  const agents = Object.entries(seen).map(([id, { atMs }]) => [id, new Date(atMs)] as const);
  return { agents: new Map(agents), sites };
}

async function write(
  { objectStore, now }: Pick<RegionContext, "objectStore" | "now">,
  memory: Memory,
  pending: ReadonlyMap<string, SeenAgents[string]>,
): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const { seen, etag } = await read(objectStore);
    for (const [id, agent] of pending) {
      if (agent.atMs > (seen[id]?.atMs ?? 0)) seen[id] = agent;
    }
    const keptMs = now().getTime() - KEPT_MS;
    const kept = Object.fromEntries(Object.entries(seen).filter(([, { atMs }]) => atMs > keptMs));
    const bytes = new TextEncoder().encode(JSON.stringify(kept));
    const condition = etag === undefined ? { ifAbsent: true } : { ifEtag: etag };
    if (!await objectStore.put(AGENTS_SEEN_NAME, bytes, condition)) continue;
    // What other processes have written need not be written again.
    for (const [id, { atMs }] of Object.entries(kept)) {
      memory.known.set(id, Math.max(atMs, memory.known.get(id) ?? 0));
    }
    return;
  }
  throw new Error(`the record kept changing, ${ATTEMPTS_MAX} times`);
}

async function read(store: ObjectStore): Promise<{ seen: SeenAgents; etag: string | undefined }> {
  const object = await store.get(AGENTS_SEEN_NAME);
  if (!object) return { seen: {}, etag: undefined };
  const text = await new Response(object.body).text();
  try {
    return { seen: SeenAgents.parse(JSON.parse(text)), etag: object.etag };
  } catch {
    return { seen: {}, etag: object.etag }; // made anew: within minutes everybody is in it again
  }
}

function memoryOf(store: ObjectStore): Memory {
  const found = memories.get(store) ??
    { known: new Map(), pending: new Map(), writtenMs: -Infinity };
  memories.set(store, found);
  return found;
}
