import { createRoute, z } from "@hono/zod-openapi";
import type { RegionContext } from "@/region/context.ts";
import {
  createScript,
  deleteScript,
  getScript,
  listScripts,
  updateScript,
} from "@/region/services/scripts/manage_scripts.ts";
import { body, createApi, created, IfMatch, ok, REMOVED, requires } from "./api.ts";

const ScriptType = z.enum(["commissioning", "testing"]);

const Script = z.object({
  /** Null: it came with the region, and cannot be changed. */
  id: z.int().nullable(),
  name: z.string(),
  type: ScriptType,
  description: z.string(),
  tags: z.array(z.string()),
  timeoutSeconds: z.int(),
  /** Runs beside its neighbours that are parallel too. */
  parallel: z.boolean(),
  source: z.string(),
  /** Of the source; results say by it what ran. */
  sha256: z.string(),
  version: z.int().nullable(),
  createdAt: z.string().nullable(),
  changedAt: z.string().nullable(),
});

const SOURCE_CHARS_MAX = 262_144;
const DAY_SECONDS = 86_400;

const ScriptName = z.string().regex(
  /^[a-z0-9][a-z0-9._-]{0,62}$/,
  "use 1 to 63 of a-z, 0-9, . _ and -, beginning with a letter or digit",
);
const NewScript = z.strictObject({
  name: ScriptName,
  type: ScriptType,
  source: z.string().max(SOURCE_CHARS_MAX).regex(
    /^#!\//,
    "begin with #! and what interprets it, such as #!/bin/sh",
  ),
  description: z.string().max(1024).optional(),
  /** Asked for like names. Commissioning runs all but those with the tag `noauto`. */
  tags: z.array(ScriptName).max(32).optional(),
  timeoutSeconds: z.int().min(1).max(DAY_SECONDS).optional(),
  parallel: z.boolean().optional(),
});

const params = z.object({ scriptName: z.string().min(1).max(63) });
const tags = ["scripts"];

const listRoute = createRoute({
  method: "get",
  path: "/scripts",
  tags,
  summary: "Scripts that machines can run, without their sources",
  ...requires("viewer"),
  request: { query: z.strictObject({ type: ScriptType.optional() }) },
  responses: ok(z.object({ scripts: z.array(Script.omit({ source: true })) }), "Scripts"),
});

const createScriptRoute = createRoute({
  method: "post",
  path: "/scripts",
  tags,
  summary: "Add a script",
  ...requires("admin"),
  request: { body: body(NewScript) },
  responses: created(Script, "The script"),
});

const getRoute = createRoute({
  method: "get",
  path: "/scripts/{scriptName}",
  tags,
  summary: "One script with its source",
  ...requires("viewer"),
  request: { params },
  responses: ok(Script, "The script"),
});

const updateRoute = createRoute({
  method: "patch",
  path: "/scripts/{scriptName}",
  tags,
  summary: "Change a script; what runs already runs as it was",
  ...requires("admin"),
  request: { params, headers: IfMatch, body: body(NewScript.partial()) },
  responses: ok(Script, "The script"),
});

const deleteRoute = createRoute({
  method: "delete",
  path: "/scripts/{scriptName}",
  tags,
  summary: "Remove a script; its results stay",
  ...requires("admin"),
  request: { params, headers: IfMatch },
  responses: REMOVED,
});

export function scriptRoutes(ctx: RegionContext) {
  return createApi()
    .openapi(listRoute, async (c) => {
      return c.json(
        { scripts: await listScripts(ctx, c.get("caller"), c.req.valid("query")) },
        200,
      );
    })
    .openapi(createScriptRoute, async (c) => {
      return c.json(await createScript(ctx, c.get("caller"), c.req.valid("json")), 201);
    })
    .openapi(getRoute, async (c) => {
      const script = await getScript(ctx, c.get("caller"), c.req.valid("param").scriptName);
      return c.json(script, 200, etagOf(script.version));
    })
    .openapi(updateRoute, async (c) => {
      const { scriptName } = c.req.valid("param");
      const ifVersion = c.req.valid("header")["if-match"];
      const input = { scriptName, ifVersion, ...c.req.valid("json") };
      const script = await updateScript(ctx, c.get("caller"), input);
      return c.json(script, 200, etagOf(script.version));
    })
    .openapi(deleteRoute, async (c) => {
      const ifVersion = c.req.valid("header")["if-match"];
      await deleteScript(ctx, c.get("caller"), { ...c.req.valid("param"), ifVersion });
      return c.body(null, 204);
    });
}

/** One that came with the region has no version to match. */
function etagOf(version: number | null): Record<string, string> {
  return version === null ? {} : { etag: `"${version}"` };
}
