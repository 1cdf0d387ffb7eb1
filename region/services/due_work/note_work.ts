import type { RegionContext } from "@/region/context.ts";
import { WORK_NAME } from "@/region/object_store/object_names.ts";
import { toHex } from "@/region/tokens/digest.ts";

/**
 * Leaves word in the object store that the database is about to be changed, for the next look.
 *
 * Before the change, not after: whoever ends between the two leaves a tick too many, never one too
 * few. Throws when the store is away; then nothing is changed.
 */
export async function noteWork(
  ctx: Pick<RegionContext, "objectStore" | "now" | "randomBytes">,
): Promise<void> {
  // Every word is another: its etag tells whether there was one since.
  const word = { at: ctx.now().toISOString(), id: toHex(ctx.randomBytes(8)) };
  await ctx.objectStore.put(WORK_NAME, new TextEncoder().encode(JSON.stringify(word)));
}
