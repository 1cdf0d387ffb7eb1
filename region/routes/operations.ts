import { createRoute, z } from "@hono/zod-openapi";
import type { RegionContext } from "@/region/context.ts";
import {
  getOperation,
  listOperations,
  OPERATION_SORTS,
} from "@/region/services/operations/read_operations.ts";
import { OPERATION_KINDS } from "@/shared/machine/lifecycle.ts";
import { createApi, ok, requires, TextId } from "./api.ts";
import { fieldsParameter, listQuery, pageOf } from "./list_query.ts";
import { pick } from "./sparse_fields.ts";
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
      siteId: TextId.optional(),
      kind: z.enum(OPERATION_KINDS).optional(),
      state: OperationState.optional(),
      ...listQuery({ item: Operation, sorts: OPERATION_SORTS }),
    }),
  },
  responses: ok(pageOf("operations", Operation), "A page of operations"),
});

const getRoute = createRoute({
  method: "get",
  path: "/operations/{operationId}",
  tags: ["operations"],
  summary: "One operation, with where its time went",
  ...requires("viewer"),
  request: {
    params: z.object({ operationId: TextId }),
    query: z.strictObject({ fields: fieldsParameter(OperationDetail) }),
  },
  responses: ok(OperationDetail, "The operation"),
});

export function operationRoutes(ctx: RegionContext) {
  return createApi()
    .openapi(listRoute, async (c) => {
      const { fields, ...request } = c.req.valid("query");
      const { rows, nextCursor } = await listOperations(ctx, c.get("caller"), request);
      return c.json({ operations: rows.map((row) => pick(row, fields)), nextCursor }, 200);
    })
    .openapi(getRoute, async (c) => {
      const { operationId } = c.req.valid("param");
      const operation = await getOperation(ctx, c.get("caller"), operationId);
      return c.json(pick(operation, c.req.valid("query").fields), 200);
    });
}
