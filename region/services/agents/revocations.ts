import { z } from "zod";
import type { RegionContext } from "@/region/context.ts";
import { listRevokedAgentIds } from "@/region/db/queries/agents.ts";
import { REVOKED_AGENTS_NAME } from "@/region/object_store/object_names.ts";
import { CREDENTIAL_LIFETIME_SECONDS } from "@/region/tokens/credential.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";

const RevokedAgents = z.object({ agentIds: z.array(z.string()) });
const ATTEMPTS_MAX = 5;

/** Whether an agent's credential counts no more, as the object store knows; no database. */
export async function isAgentRevoked(ctx: RegionContext, agentId: string): Promise<boolean> {
  const object = await ctx.objectStore.get(REVOKED_AGENTS_NAME);
  if (!object) return false;
  const parsed = RevokedAgents.safeParse(await readJson(object.body));
  if (parsed.success) return parsed.data.agentIds.includes(agentId);
  // Nobody is let in because a list cannot be read; the next tick writes it anew.
  throw new DomainError({
    kind: "unavailable",
    code: "agents.revocations_unreadable",
    message: "the list of revoked agents cannot be read; try again",
  });
}

/**
 * Brings the list of revoked agents in the object store up to date with the database.
 *
 * It names only those whose last credential may still be running: renewal asks the database. Safe
 * to run at once from several places.
 */
export async function publishRevocations(ctx: RegionContext): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    // Read before the database: whoever wins has seen at least all that the loser had.
    const object = await ctx.objectStore.get(REVOKED_AGENTS_NAME);
    const stored = object && await new Response(object.body).text();
    const since = new Date(ctx.now().getTime() - 2 * CREDENTIAL_LIFETIME_SECONDS * 1000);
    const agentIds = await listRevokedAgentIds(ctx.db, since);
    const wanted = JSON.stringify({ agentIds });
    if (stored === wanted || (stored === undefined && agentIds.length === 0)) return;
    const condition = object ? { ifEtag: object.etag } : { ifAbsent: true };
    const bytes = new TextEncoder().encode(wanted);
    if (await ctx.objectStore.put(REVOKED_AGENTS_NAME, bytes, condition)) return;
  }
  throw new DomainError({
    kind: "unavailable",
    code: "agents.revocations_contended",
    message: "the list of revoked agents kept changing; try again",
  });
}

async function readJson(body: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<unknown> {
  try {
    return JSON.parse(await new Response(body).text());
  } catch {
    return undefined;
  }
}
