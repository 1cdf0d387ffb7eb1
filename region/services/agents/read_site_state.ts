import type { RegionContext } from "@/region/context.ts";
import { siteStateName } from "@/region/object_store/object_names.ts";
import { siteTopic } from "@/region/services/sites/publish_state.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";

/** What an agent gets: the document as it is stored, or word that it has this very one. */
export type StateAnswer =
  | {
    readonly kind: "document";
    readonly etag: string;
    readonly body: ReadableStream<Uint8Array<ArrayBuffer>>;
  }
  | { readonly kind: "unchanged"; readonly etag: string };

/**
 * A site's published state, held back for up to `waitMs` while the caller has it already.
 *
 * Reads the object store only: an idle poll costs the database nothing. Throws `not_found` with
 * `state.not_published` before the first document.
 */
export async function readSiteState(
  ctx: RegionContext,
  siteId: string,
  poll: { hasEtag: (etag: string) => boolean; waitMs: number; signal?: AbortSignal },
): Promise<StateAnswer> {
  const held = AbortSignal.any([
    AbortSignal.timeout(poll.waitMs),
    ...(poll.signal ? [poll.signal] : []),
  ]);
  while (true) {
    // Waiting begins before reading: a document that is published in between wakes it.
    using change = waitForChange(ctx, siteId, poll.waitMs, held);
    const info = await ctx.objectStore.head(siteStateName(siteId));
    if (!info) throw notPublished(siteId);
    if (!poll.hasEtag(info.etag)) return await readDocument(ctx, siteId);
    if (held.aborted || poll.waitMs <= 0) return { kind: "unchanged", etag: info.etag };
    await change.happened;
  }
}

async function readDocument(ctx: RegionContext, siteId: string): Promise<StateAnswer> {
  const object = await ctx.objectStore.get(siteStateName(siteId));
  if (!object) throw notPublished(siteId);
  return { kind: "document", etag: object.etag, body: object.body };
}

/** Leaves no waiter behind, however it is left. */
function waitForChange(
  ctx: RegionContext,
  siteId: string,
  timeoutMs: number,
  held: AbortSignal,
): { happened: Promise<void>; [Symbol.dispose](): void } {
  const done = new AbortController();
  const either = AbortSignal.any([held, done.signal]);
  return {
    happened: ctx.hub.wait(siteTopic(siteId), timeoutMs, either),
    [Symbol.dispose]: () => done.abort(),
  };
}

function notPublished(siteId: string): DomainError {
  return new DomainError({
    kind: "not_found",
    code: "state.not_published",
    message: `no state of site ${siteId} is published yet`,
  });
}
