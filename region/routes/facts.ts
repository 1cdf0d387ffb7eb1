import { createRoute, z } from "@hono/zod-openapi";
import type { RegionContext } from "@/region/context.ts";
import { listFacts } from "@/region/services/facts/list_facts.ts";
import { createApi, ok, requires, TextId } from "./api.ts";

const Fact = z.object({
  agentId: z.string(),
  seq: z.int(),
  at: z.string(),
  kind: z.string(),
  systemId: z.string().nullable(),
  operationId: z.string().nullable(),
  receivedAt: z.string(),
  /** The whole fact as its agent told it. */
  body: z.looseObject({}),
});

const FACTS_MAX = 1000;

const listRoute = createRoute({
  method: "get",
  path: "/facts",
  tags: ["events"],
  summary: "What agents reported: the last ones that fit, oldest first",
  ...requires("viewer"),
  request: {
    query: z.strictObject({
      operation: TextId.optional(),
      machine: TextId.optional(),
      limit: z.coerce.number().int().min(1).max(FACTS_MAX).default(FACTS_MAX),
    }),
  },
  responses: ok(z.object({ facts: z.array(Fact) }), "Facts"),
});

export function factRoutes(ctx: RegionContext) {
  return createApi().openapi(listRoute, async (c) => {
    const facts = await listFacts(ctx, c.get("caller"), c.req.valid("query"));
    return c.json({ facts }, 200);
  });
}
