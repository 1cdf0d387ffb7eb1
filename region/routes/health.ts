import { createRoute, z } from "@hono/zod-openapi";
import { VERSION } from "@/region/version.ts";
import { createApi, ok, PUBLIC } from "./api.ts";

const healthRoute = createRoute({
  method: "get",
  path: "/healthz",
  tags: ["health"],
  summary: "Whether the region answers",
  ...PUBLIC,
  responses: ok(z.object({ ok: z.literal(true), version: z.string() }), "It does"),
});

export function healthRoutes() {
  return createApi().openapi(
    healthRoute,
    (c) => c.json({ ok: true as const, version: VERSION }, 200),
  );
}
