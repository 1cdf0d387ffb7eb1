import { createRoute, z } from "@hono/zod-openapi";
import type { RegionContext } from "@/region/context.ts";
import { exportMachines } from "@/region/services/machines/export_machines.ts";
import { createApi, REFUSALS, requires } from "./api.ts";
import { fieldsParameter } from "./list_query.ts";
import { machineFilters, splitMachineQuery } from "./machine_query.ts";
import { Machine } from "./machine_schema.ts";
import { mapSlices, NDJSON, ndjsonBody } from "./ndjson.ts";
import { pick } from "./sparse_fields.ts";

const ExportedMachine = Machine.omit({ interfaces: true });

/** Typed without its content, for the library's types know JSON and text only. */
const described = {
  description: "Each line a machine; a body that breaks off is not the whole",
  content: { [NDJSON]: { schema: ExportedMachine.partial({ inventory: true }) } },
};
const lines: { description: string } = described;

const exportRoute = createRoute({
  method: "get",
  path: "/machines/export",
  tags: ["machines"],
  summary: "All machines that fit, one JSON document a line",
  description: "In the order of their making. Inventories only when `fields` names them.",
  ...requires("viewer"),
  request: {
    query: z.strictObject({ ...machineFilters, fields: fieldsParameter(ExportedMachine) }),
  },
  responses: { 200: lines, ...REFUSALS },
});

export function machineExportRoutes(ctx: RegionContext) {
  return createApi().openapi(exportRoute, (c) => {
    const { filter, rest: { fields } } = splitMachineQuery(c.req.valid("query"));
    const hasInventory = fields?.has("inventory") ?? false;
    const slices = exportMachines(ctx, c.get("caller"), { filter, hasInventory });
    const wanted = fields ? mapSlices(slices, (machine) => pick(machine, fields)) : slices;
    return c.body(ndjsonBody(ctx, wanted), 200, { "content-type": NDJSON });
  });
}
