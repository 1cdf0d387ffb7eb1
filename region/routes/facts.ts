import { createRoute, z } from "@hono/zod-openapi";
import type { RegionContext } from "@/region/context.ts";
import { FACT_SORTS, listFacts } from "@/region/services/facts/list_facts.ts";
import { createApi, ok, requires, TextId } from "./api.ts";
import { listQuery, pageOf } from "./list_query.ts";
import { pick } from "./sparse_fields.ts";

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
  summary: "What agents reported, oldest first",
  ...requires("viewer"),
  request: {
    query: z.strictObject({
      operation: TextId.optional(),
      machine: TextId.optional(),
      agentId: TextId.optional(),
      kind: z.string().max(64).optional(),
      ...listQuery({ item: Fact, sorts: FACT_SORTS }),
      limit: z.coerce.number().int().min(1).max(FACTS_MAX).default(FACTS_MAX),
    }),
  },
  responses: ok(pageOf("facts", Fact), "A page of facts"),
});

export function factRoutes(ctx: RegionContext) {
  return createApi().openapi(listRoute, async (c) => {
    const { fields, ...request } = c.req.valid("query");
    const { rows, nextCursor } = await listFacts(ctx, c.get("caller"), request);
    return c.json({ facts: rows.map((row) => pick(row, fields)), nextCursor }, 200);
  });
}
