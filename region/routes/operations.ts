import { createRoute, z } from "@hono/zod-openapi";
import type { RegionContext } from "@/region/context.ts";
import { getOperation, listOperations } from "@/region/services/operations/read_operations.ts";
import { createApi, Limit, ok, requires, TextId } from "./api.ts";
import { Operation, OperationDetail, OperationState } from "./operation_schema.ts";

const listRoute = createRoute({
  method: "get",
  path: "/operations",
  tags: ["operations"],
  summary: "Operations, newest first",
  ...requires("viewer"),
  request: {
    query: z.strictObject({
      machine: TextId.optional(),
      state: OperationState.optional(),
      limit: Limit,
    }),
  },
  responses: ok(z.object({ operations: z.array(Operation) }), "Operations"),
});

const getRoute = createRoute({
  method: "get",
  path: "/operations/{operationId}",
  tags: ["operations"],
  summary: "One operation, with where its time went",
  ...requires("viewer"),
  request: { params: z.object({ operationId: TextId }) },
  responses: ok(OperationDetail, "The operation"),
});

export function operationRoutes(ctx: RegionContext) {
  return createApi()
    .openapi(listRoute, async (c) => {
      const operations = await listOperations(ctx, c.get("caller"), c.req.valid("query"));
      return c.json({ operations }, 200);
    })
    .openapi(getRoute, async (c) => {
      const { operationId } = c.req.valid("param");
      return c.json(await getOperation(ctx, c.get("caller"), operationId), 200);
    });
}
