import type { Context, MiddlewareHandler } from "hono";
import { matchedRoutes } from "hono/route";
import type { RegionContext } from "@/region/context.ts";
import type { RequestMetrics } from "@/region/services/health/request_metrics.ts";
import type { ApiEnv } from "./api.ts";

/** What we take from a client or a proxy for a request's name; anything else gets one of ours. */
const REQUEST_ID = /^[\w.:-]{1,64}$/;

/**
 * Names each request, counts it, and writes a line about each one of the API.
 *
 * The name (`X-Request-Id`, the client's or ours) is in the answer's header, in every problem, in the
 * log and in the audit. The line has the route and the path, but not the query.
 */
export function observeRequests(
  ctx: Pick<RegionContext, "log" | "randomBytes">,
  metrics: RequestMetrics,
): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const given = c.req.header("x-request-id");
    const requestId = given !== undefined && REQUEST_ID.test(given) ? given : makeId(ctx);
    c.set("requestId", requestId);
    const startMs = performance.now();
    metrics.begin();
    await next();
    const seconds = (performance.now() - startMs) / 1000;
    const route = routeOf(c);
    metrics.end({ method: c.req.method, route, status: c.res.status, seconds });
    await nameAnswer(c, requestId);
    if (!c.req.path.startsWith("/api/")) return; // agents poll all day
    ctx.log("request.answered", {
      requestId,
      method: c.req.method,
      route,
      path: c.req.path,
      status: c.res.status,
      ms: Math.round(seconds * 1000),
      ...callerOf(c),
    });
  };
}

/** Puts the request's name into the caller, for the audit. Goes behind the authentication. */
export function nameCaller(): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const caller: ApiEnv["Variables"]["caller"] | undefined = c.get("caller");
    if (caller) c.set("caller", { ...caller, requestId: c.get("requestId") });
    await next();
  };
}

async function nameAnswer(c: Context, requestId: string): Promise<void> {
  if (c.res.headers.get("content-type") !== "application/problem+json") {
    c.res.headers.set("x-request-id", requestId);
    return;
  }
  const problem: unknown = await c.res.json();
  const headers = new Headers(c.res.headers);
  headers.set("x-request-id", requestId);
  headers.delete("content-length");
  // Every problem is an object: only problem.ts and the routes below it make them.
  const named = JSON.stringify({ ...problem as object, requestId });
  const { status } = c.res;
  c.res = undefined; // or its headers would be taken over
  c.res = new Response(named, { status, headers });
}

/** The pattern of the route that answered; requests for what is not there count as one. */
function routeOf(c: Context): string {
  // Behind it the console's pages match everything.
  return matchedRoutes(c).findLast(({ path }) => !path.endsWith("*"))?.path || "none";
}

function callerOf(c: Context<ApiEnv>): { user?: string } {
  const caller: ApiEnv["Variables"]["caller"] | undefined = c.get("caller");
  return caller ? { user: caller.username } : {};
}

function makeId({ randomBytes }: Pick<RegionContext, "randomBytes">): string {
  return [...randomBytes(8)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
