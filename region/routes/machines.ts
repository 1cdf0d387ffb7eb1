import { createRoute, z } from "@hono/zod-openapi";
import type { RegionContext } from "@/region/context.ts";
import { createMachine } from "@/region/services/machines/create_machine.ts";
import { deleteMachine } from "@/region/services/machines/delete_machine.ts";
import { getMachine, listMachines } from "@/region/services/machines/read_machines.ts";
import { updateMachine } from "@/region/services/machines/update_machine.ts";
import { MACHINE_STATUSES } from "@/shared/machine/lifecycle.ts";
import {
  body,
  createApi,
  created,
  etag,
  IfMatch,
  Limit,
  ok,
  REMOVED,
  requires,
  TextId,
} from "./api.ts";
import { Machine, MachineChange, NewMachine } from "./machine_schema.ts";

const params = z.object({ systemId: TextId });
const tags = ["machines"];

const listRoute = createRoute({
  method: "get",
  path: "/machines",
  tags,
  summary: "Machines, in the order of their making",
  ...requires("viewer"),
  request: {
    query: z.strictObject({
      siteId: TextId.optional(),
      status: z.enum(MACHINE_STATUSES).optional(),
      /** `nextCursor` of the page before. */
      cursor: z.string().max(64).optional(),
      limit: Limit,
    }),
  },
  responses: ok(
    z.object({ machines: z.array(Machine), nextCursor: z.string().nullable() }),
    "A page of machines; nextCursor is null on the last",
  ),
});

const createMachineRoute = createRoute({
  method: "post",
  path: "/machines",
  tags,
  summary: "Add a machine by hand",
  ...requires("admin"),
  request: { body: body(NewMachine) },
  responses: created(Machine, "The machine"),
});

const getRoute = createRoute({
  method: "get",
  path: "/machines/{systemId}",
  tags,
  summary: "One machine",
  ...requires("viewer"),
  request: { params },
  responses: ok(Machine, "The machine"),
});

const updateRoute = createRoute({
  method: "patch",
  path: "/machines/{systemId}",
  tags,
  summary: "Change what people say of a machine: name, BMC, zone, pool, tags, description",
  ...requires("admin"),
  request: { params, headers: IfMatch, body: body(MachineChange) },
  responses: ok(Machine, "The machine"),
});

const deleteRoute = createRoute({
  method: "delete",
  path: "/machines/{systemId}",
  tags,
  summary: "Forget a machine",
  ...requires("admin"),
  request: { params },
  responses: REMOVED,
});

export function machineRoutes(ctx: RegionContext) {
  return createApi()
    .openapi(listRoute, async (c) => {
      return c.json(await listMachines(ctx, c.get("caller"), c.req.valid("query")), 200);
    })
    .openapi(createMachineRoute, async (c) => {
      const machine = await createMachine(ctx, c.get("caller"), c.req.valid("json"));
      return c.json(machine, 201, etag(machine));
    })
    .openapi(getRoute, async (c) => {
      const { systemId } = c.req.valid("param");
      const machine = await getMachine(ctx, c.get("caller"), systemId);
      return c.json(machine, 200, etag(machine));
    })
    .openapi(updateRoute, async (c) => {
      const ifVersion = c.req.valid("header")["if-match"];
      const input = { ...c.req.valid("param"), ...c.req.valid("json"), ifVersion };
      const machine = await updateMachine(ctx, c.get("caller"), input);
      return c.json(machine, 200, etag(machine));
    })
    .openapi(deleteRoute, async (c) => {
      await deleteMachine(ctx, c.get("caller"), c.req.valid("param").systemId);
      return c.body(null, 204);
    });
}
