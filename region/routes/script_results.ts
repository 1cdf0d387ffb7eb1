import { createRoute, z } from "@hono/zod-openapi";
import type { RegionContext } from "@/region/context.ts";
import {
  listScriptResults,
  readScriptOutput,
} from "@/region/services/scripts/read_script_results.ts";
import { createApi, Limit, ok, requires, RowId, TextId } from "./api.ts";

const ScriptResult = z.object({
  id: z.int(),
  operation: z.string(),
  /** Its place in the operation's list, from 1. */
  number: z.int(),
  name: z.string(),
  type: z.enum(["commissioning", "testing"]),
  /** Of the source that ran; null: it came with the agent. */
  sha256: z.string().nullable(),
  /** `aborted`: the operation ended before the script did. */
  state: z.enum(["pending", "running", "passed", "failed", "timed_out", "aborted"]),
  /** As the shell counts: 128 + n for a script that signal n ended. */
  exitStatus: z.int().nullable(),
  startedAt: z.string().nullable(),
  endedAt: z.string().nullable(),
  hasStdout: z.boolean(),
  hasStderr: z.boolean(),
});

const tags = ["scripts"];

const listRoute = createRoute({
  method: "get",
  path: "/machines/{systemId}/script-results",
  tags,
  summary: "What a machine's scripts came to, newest first",
  ...requires("viewer"),
  request: {
    params: z.object({ systemId: TextId }),
    query: z.strictObject({
      operation: TextId.optional(),
      /** `nextCursor` of the page before. */
      cursor: RowId.optional(),
      limit: Limit,
    }),
  },
  responses: ok(
    z.object({ scriptResults: z.array(ScriptResult), nextCursor: z.string().nullable() }),
    "A page; nextCursor is null on the last",
  ),
});

const outputRoute = createRoute({
  method: "get",
  path: "/machines/{systemId}/script-results/{resultId}/output",
  tags,
  summary: "What a script wrote, from the end when it was much",
  ...requires("viewer"),
  request: {
    params: z.object({
      systemId: TextId,
      resultId: RowId,
    }),
    query: z.strictObject({ stream: z.enum(["stdout", "stderr"]).default("stdout") }),
  },
  responses: {
    200: { description: "The output", content: { "text/plain": { schema: z.string() } } },
  },
});

export function scriptResultRoutes(ctx: RegionContext) {
  const api = createApi().openapi(listRoute, async (c) => {
    const query = { ...c.req.valid("param"), ...c.req.valid("query") };
    return c.json(await listScriptResults(ctx, c.get("caller"), query), 200);
  });
  api.openapi(outputRoute, async (c) => {
    const query = { ...c.req.valid("param"), ...c.req.valid("query") };
    const output = await readScriptOutput(ctx, c.get("caller"), query);
    // What a machine wrote is nobody's page: no browser may take it for one.
    return c.text(output, 200, {
      "x-content-type-options": "nosniff",
      "content-security-policy": "sandbox",
    });
  });
  return api;
}
