import { createRoute, z } from "@hono/zod-openapi";
import type { RegionContext } from "@/region/context.ts";
import { checkReadiness } from "@/region/services/health/check_readiness.ts";
import { EXPOSITION_TYPE, formatExposition } from "@/region/services/health/exposition.ts";
import { readGauges } from "@/region/services/health/read_gauges.ts";
import type { RequestMetrics } from "@/region/services/health/request_metrics.ts";
import { VERSION } from "@/region/version.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { createApi, ok, PUBLIC, REFUSALS, requires } from "./api.ts";

const tags = ["health"];

const healthRoute = createRoute({
  method: "get",
  path: "/healthz",
  tags,
  summary: "Whether the region answers",
  description: "About this process only: restart it when it does not answer.",
  ...PUBLIC,
  responses: ok(z.object({ ok: z.literal(true), version: z.string() }), "It does"),
});

const readyRoute = createRoute({
  method: "get",
  path: "/readyz",
  tags,
  summary: "Whether the region can work",
  description:
    "Also about the database and the object store: send it no requests while it answers 503, which says which one it is.",
  ...PUBLIC,
  responses: ok(z.object({ ok: z.literal(true) }), "It can"),
});

const metricsRoute = createRoute({
  method: "get",
  path: "/metrics",
  tags,
  summary: "How the region is doing, for Prometheus",
  description:
    "Text format 0.0.4. It wants an API key like the rest of the API, for it tells how much there is " +
    "of what: give Prometheus one of a viewer (`authorization: {credentials_file: …}`).",
  ...requires("viewer"),
  responses: {
    200: { description: "Metrics", content: { "text/plain": { schema: z.string() } } },
    ...REFUSALS,
  },
});

export function healthRoutes(ctx: RegionContext, metrics: RequestMetrics) {
  return createApi()
    .openapi(healthRoute, (c) => c.json({ ok: true as const, version: VERSION }, 200))
    .openapi(readyRoute, async (c) => {
      const found = await checkReadiness(ctx);
      const wrong = Object.entries(found).filter(([, fault]) => fault !== undefined);
      if (wrong.length > 0) throw notReady(wrong.map((each) => each.join(": ")).join("; "));
      return c.json({ ok: true as const }, 200);
    })
    .openapi(metricsRoute, async (c) => {
      const gauges = await readGauges(ctx, c.get("caller"));
      const text = formatExposition([...metrics.families(), ...gauges]);
      return c.text(text, 200, { "content-type": EXPOSITION_TYPE });
    });
}

function notReady(message: string): DomainError {
  return new DomainError({
    kind: "unavailable",
    code: "region.not_ready",
    message,
    retryAfterSeconds: 5,
  });
}
