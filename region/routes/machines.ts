import { createRoute, z } from "@hono/zod-openapi";
import type { RegionContext } from "@/region/context.ts";
import { createMachine } from "@/region/services/machines/create_machine.ts";
import { deleteMachine } from "@/region/services/machines/delete_machine.ts";
import {
  COUNTED_BY,
  countMachines,
  getMachine,
  listMachines,
  MACHINE_SORTS,
} from "@/region/services/machines/read_machines.ts";
import { updateMachine } from "@/region/services/machines/update_machine.ts";
import { body, createApi, created, etag, IfMatch, ok, requires, TextId } from "./api.ts";
import { RemovalQuery, remove, REMOVED_OR_TRIED } from "./removal.ts";
import { fieldsParameter, listQuery, manyOf, pageOf } from "./list_query.ts";
import { machineFilters, splitMachineQuery } from "./machine_query.ts";
import { ListedMachine, Machine, MachineChange, NewMachine } from "./machine_schema.ts";
import { pick } from "./sparse_fields.ts";

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
      ...machineFilters,
      ...listQuery({ item: ListedMachine, sorts: MACHINE_SORTS }),
    }),
  },
  responses: ok(
    pageOf("machines", ListedMachine),
    "A page of machines, without their inventories; nextCursor is null on the last",
  ),
});

const Counts = z.array(z.object({ value: z.string(), machines: z.int() })).optional();

const countRoute = createRoute({
  method: "get",
  path: "/machines/counts",
  tags,
  summary: "How many machines there are, by status, site, zone, pool and tag",
  ...requires("viewer"),
  request: {
    query: z.strictObject({
      by: manyOf(z.enum(COUNTED_BY)).openapi({
        description: `Any of ${COUNTED_BY.join(", ")}; absent: status`,
        example: "status,zone",
      }),
      ...machineFilters,
    }),
  },
  responses: ok(
    z.object({ status: Counts, site: Counts, zone: Counts, pool: Counts, tag: Counts }),
    "What was asked for; a value that no machine has is left out",
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
  request: { params, query: z.strictObject({ fields: fieldsParameter(Machine) }) },
  responses: ok(Machine, "The machine"),
});

const updateRoute = createRoute({
  method: "patch",
  path: "/machines/{systemId}",
  tags,
  summary: "Change what people say of a machine: name, domain, BMC, zone, pool, tags, description",
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
  request: { params, query: RemovalQuery },
  responses: REMOVED_OR_TRIED,
});

export function machineRoutes(ctx: RegionContext) {
  return createApi()
    .openapi(listRoute, async (c) => {
      const { filter, rest: { fields, ...page } } = splitMachineQuery(c.req.valid("query"));
      const { rows, nextCursor } = await listMachines(ctx, c.get("caller"), { filter, ...page });
      return c.json({ machines: rows.map((row) => pick(row, fields)), nextCursor }, 200);
    })
    // Before the machine whose id might be "counts".
    .openapi(countRoute, async (c) => {
      const { filter, rest: { by = ["status"] } } = splitMachineQuery(c.req.valid("query"));
      return c.json(await countMachines(ctx, c.get("caller"), { by, filter }), 200);
    })
    .openapi(createMachineRoute, async (c) => {
      const machine = await createMachine(ctx, c.get("caller"), c.req.valid("json"));
      return c.json(machine, 201, etag(machine));
    })
    .openapi(getRoute, async (c) => {
      const { systemId } = c.req.valid("param");
      const machine = await getMachine(ctx, c.get("caller"), systemId);
      return c.json(pick(machine, c.req.valid("query").fields), 200, etag(machine));
    })
    .openapi(updateRoute, async (c) => {
      const ifVersion = c.req.valid("header")["if-match"];
      const input = { ...c.req.valid("param"), ...c.req.valid("json"), ifVersion };
      const machine = await updateMachine(ctx, c.get("caller"), input);
      return c.json(machine, 200, etag(machine));
    })
    .openapi(deleteRoute, async (c) => {
      const { systemId } = c.req.valid("param");
      const work = (ctx: RegionContext) => deleteMachine(ctx, c.get("caller"), systemId);
      return await remove(ctx, c, { ...c.req.valid("query"), work });
    });
}
