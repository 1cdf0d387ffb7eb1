import { createRoute, z } from "@hono/zod-openapi";
import type { RegionContext } from "@/region/context.ts";
import { setOwnerData } from "@/region/services/machines/set_owner_data.ts";
import { body, createApi, etag, IfMatch, ok, requires, TextId } from "./api.ts";
import { Machine } from "./machine_schema.ts";

const Name = z.string().min(1).max(128).regex(/^[\w.:/-]+$/, "use letters, digits and _ . : / -");
// PostgreSQL's jsonb holds no NUL, and no half of a surrogate pair.
const Text = z.string().max(4096).refine(
  (text) => text.isWellFormed() && !text.includes("\u0000"),
  "use text without NUL characters",
);

const setRoute = createRoute({
  method: "patch",
  path: "/machines/{systemId}/owner-data",
  tags: ["machines"],
  summary: "Say something of a machine that you have; null takes a name out",
  ...requires("operator"),
  request: {
    params: z.object({ systemId: TextId }),
    headers: IfMatch,
    body: body(z.strictObject({ ownerData: z.record(Name, Text.nullable()) })),
  },
  responses: ok(Machine, "The machine"),
});

export function ownerDataRoutes(ctx: RegionContext) {
  return createApi().openapi(setRoute, async (c) => {
    const { ownerData: data } = c.req.valid("json");
    const ifVersion = c.req.valid("header")["if-match"];
    const input = { ...c.req.valid("param"), data, ifVersion };
    const machine = await setOwnerData(ctx, c.get("caller"), input);
    return c.json(machine, 200, etag(machine));
  });
}
