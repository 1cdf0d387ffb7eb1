import { createRoute, z } from "@hono/zod-openapi";
import type { RegionContext } from "@/region/context.ts";
import {
  IMPORT_MODES,
  importMachines,
  type ImportResult,
} from "@/region/services/machines/import_machines.ts";
import { createApi, DryRun, ok, requires, TextId } from "./api.ts";
import { malformed } from "./input/refusals.ts";
import { LINES_MAX, MachineLine, readCsv, readNdjson } from "./files/machine_lines.ts";
import { NDJSON } from "./ndjson.ts";

/** Of a body, where other bodies may have less. */
export const IMPORT_BYTES_MAX = 8 * 1024 ** 2;

const CSV = "text/csv";

const Result = z.object({
  line: z.int(),
  outcome: z.enum(["created", "would_create", "exists", "refused"]),
  systemId: z.string().optional(),
  hostname: z.string().optional(),
  /** Nothing of it is changed: PATCH the machine, or mend the file. */
  differences: z.array(z.object({
    field: z.string(),
    existing: z.string(),
    given: z.string(),
  })).optional(),
  errors: z.array(z.object({
    code: z.string(),
    field: z.string(),
    detail: z.string(),
    value: z.string().optional(),
    accepted: z.string().optional(),
  })).optional(),
});

const Report = z.object({
  mode: z.enum(IMPORT_MODES),
  dryRun: z.boolean(),
  created: z.int(),
  /** In a dry run. */
  wouldCreate: z.int(),
  existing: z.int(),
  /** Of the existing, those that are not as their line says. */
  differing: z.int(),
  refused: z.int(),
  /** In the order of the lines. */
  results: z.array(Result),
});

/** The handler reads it by itself. */
const FILE = {
  required: true as const,
  content: {
    [CSV]: {
      schema: z.string().openapi({
        description: "RFC 4180 in UTF-8. The first line names the columns, in any order: siteId, " +
          "hostname, macs, architecture, bmcKind, bmcAddress, bmcPort, bmcUsername, bmcPassword, " +
          "bmcCertificateSha256, bmcSystem, bmcOnUrl, bmcOffUrl, bmcQueryUrl, bmcMac, " +
          "zone, pool, tags, description. Only macs must be there; several MACs or tags stand in " +
          "one cell with spaces between. An empty cell says nothing",
        example: "hostname,macs,bmcAddress,bmcUsername,bmcPassword,zone,tags\n" +
          "node-1,52:54:00:20:00:01,10.21.0.11,admin,calvin,row 1,gpu fast\n",
      }),
    },
    [NDJSON]: { schema: MachineLine },
  },
};

const importRoute = createRoute({
  method: "post",
  path: "/machines/import",
  tags: ["machines"],
  summary: "Add the machines of a file: CSV, or one JSON document a line",
  description: `At most ${LINES_MAX} machines and ${IMPORT_BYTES_MAX} bytes, written in one ` +
    "transaction. A machine that is there already, by any of its MACs at the site, stays as it " +
    "is, and what its line says otherwise is told: the same file twice does nothing the second " +
    "time. Lines of GET /machines/export are taken; what is only read is left out, automatic tags " +
    "are left to their definitions, and a new machine's BMC wants its password.",
  ...requires("admin"),
  request: {
    query: z.strictObject({
      siteId: TextId.optional().openapi({ description: "For lines that name no site" }),
      mode: z.enum(IMPORT_MODES).default("all").openapi({
        description: "When a line is wrong. all: nothing is written; each: the others are",
      }),
      dryRun: DryRun,
    }),
    body: FILE,
  },
  responses: ok(Report, "What came of each line"),
});

export function machineImportRoutes(ctx: RegionContext) {
  return createApi().openapi(importRoute, async (c) => {
    const { siteId, mode, dryRun = false } = c.req.valid("query");
    const bytes = await c.req.arrayBuffer();
    const isCsv = /^text\/csv\b/i.test(c.req.header("content-type") ?? "");
    const readFile = () => (isCsv ? readCsv : readNdjson)(decode(bytes), siteId);
    const input = { readFile, mode, isDryRun: dryRun };
    const results = await importMachines(ctx, c.get("caller"), input);
    return c.json({ mode, dryRun, ...countsOf(results), results }, 200);
  });
}

function countsOf(results: ImportResult[]) {
  const count = (outcome: ImportResult["outcome"]) =>
    results.filter((each) => each.outcome === outcome).length;
  return {
    created: count("created"),
    wouldCreate: count("would_create"),
    existing: count("exists"),
    differing: results.filter(({ differences = [] }) => differences.length > 0).length,
    refused: count("refused"),
  };
}

function decode(bytes: ArrayBuffer): string {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw malformed("the body is not UTF-8; save the file as UTF-8", { cause });
  }
  if (text.trim() === "") throw malformed("the body is empty; give CSV or NDJSON");
  return text;
}
