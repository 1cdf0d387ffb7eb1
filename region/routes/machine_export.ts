import { createRoute, z } from "@hono/zod-openapi";
import type { RegionContext } from "@/region/context.ts";
import {
  type ExportedMachine,
  exportMachines,
} from "@/region/services/machines/export_machines.ts";
import { formatCsv } from "./files/csv.ts";
import { CSV_COLUMNS, machineCells } from "./files/machine_csv.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { createApi, REFUSALS, requires } from "./api.ts";
import { fieldsParameter } from "./list_query.ts";
import { machineFilters, splitMachineQuery } from "./machine_query.ts";
import { Machine } from "./machine_schema.ts";
import { mapSlices, NDJSON, ndjsonBody, textBody } from "./ndjson.ts";
import { pick } from "./sparse_fields.ts";

const Line = Machine.omit({ interfaces: true });

const CSV = "text/csv";

/** Typed without its content, for the library's types know JSON and text only. */
const described = {
  description: "Each line a machine; a body that breaks off is not the whole",
  content: {
    [NDJSON]: { schema: Line.partial({ inventory: true }) },
    [CSV]: { schema: z.string() },
  },
};
const lines: { description: string } = described;

const exportRoute = createRoute({
  method: "get",
  path: "/machines/export",
  tags: ["machines"],
  summary: "All machines that fit, one JSON document a line",
  description: "In the order of their making. Inventories only when `fields` names them. " +
    "POST /machines/import takes it back; CSV has exactly the columns that it takes.",
  ...requires("viewer"),
  request: {
    query: z.strictObject({
      ...machineFilters,
      fields: fieldsParameter(Line),
      format: z.enum(["ndjson", "csv"]).optional().openapi({ description: "Absent: ndjson" }),
    }),
  },
  responses: { 200: lines, ...REFUSALS },
});

export function machineExportRoutes(ctx: RegionContext) {
  return createApi().openapi(exportRoute, (c) => {
    const { filter, rest: { fields, format } } = splitMachineQuery(c.req.valid("query"));
    if (format === "csv" && fields) throw columnsAreFixed();
    const hasInventory = fields?.has("inventory") ?? false;
    const slices = exportMachines(ctx, c.get("caller"), { filter, hasInventory });
    if (format === "csv") {
      const head = formatCsv(Object.keys(CSV_COLUMNS));
      const toText = (machine: ExportedMachine) => formatCsv(machineCells(machine));
      return c.body(textBody(ctx, slices, { head, toText }), 200, { "content-type": CSV });
    }
    const wanted = fields ? mapSlices(slices, (machine) => pick(machine, fields)) : slices;
    return c.body(ndjsonBody(ctx, wanted), 200, { "content-type": NDJSON });
  });
}

function columnsAreFixed(): DomainError {
  return new DomainError({
    kind: "invalid_input",
    code: "export.columns_fixed",
    field: "fields",
    accepted: "fields with format=ndjson, or format=csv without fields",
    message: "CSV always has the columns that POST /machines/import takes; leave fields out",
  });
}
