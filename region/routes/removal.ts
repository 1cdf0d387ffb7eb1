import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { RegionContext } from "@/region/context.ts";
import { rehearse } from "@/region/services/rehearse.ts";
import { type ApiEnv, DryRun, REMOVED } from "./api.ts";

/** The query of a DELETE that can be tried first. */
export const RemovalQuery = z.strictObject({ dryRun: DryRun });

const Removal = z.object({
  dryRun: z.literal(true),
  /** Everything that would go or be changed with it, by kind. */
  effects: z.array(z.object({ what: z.string(), changed: z.int(), removed: z.int() })),
});

/** The responses of a DELETE that can be tried first. */
export const REMOVED_OR_TRIED = {
  200: {
    description: "Of a dry run: what would go with it; a refusal is answered as without",
    content: { "application/json": { schema: Removal } },
  },
  ...REMOVED,
};

/** Removes something, or does so and undoes it and says what went. */
export async function remove(
  ctx: RegionContext,
  c: Context<ApiEnv>,
  { dryRun = false, work }: { dryRun?: boolean; work: (ctx: RegionContext) => Promise<void> },
) {
  if (dryRun) {
    const { effects } = await rehearse(ctx, work);
    return c.json({ dryRun: true as const, effects }, 200);
  }
  await work(ctx);
  return c.body(null, 204);
}
