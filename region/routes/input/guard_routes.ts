import { type OpenAPIHono, type RouteConfig, z } from "@hono/zod-openapi";
import type { ApiEnv } from "../api.ts";
import { problemResponse } from "../problem.ts";
import { IdempotencyKey } from "../repeatable_requests.ts";
import { explainIssues } from "./explain_issues.ts";
import { strictRequest } from "./strict_request.ts";

/** `openapi` without the types that tie handlers to routes: they stay as they are. */
type Register = (route: RouteConfig, handler: unknown, hook?: unknown) => unknown;

/** Puts the checks of this folder in front of every route that will be added. */
export function guardRoutes(api: OpenAPIHono<ApiEnv>): void {
  // Same parameters and result before and after; only a middleware and a default hook are put in.
  const register = api.openapi as unknown as Register;
  const guarded: Register = (route, handler, hook = refuseInvalid(route)) => {
    const middleware = [strictRequest(route), ...middlewareOf(route)];
    const request = isRepeatable(route) ? withIdempotencyKey(route) : route.request;
    return register({ ...route, request, middleware }, handler, hook);
  };
  api.openapi = guarded as unknown as typeof api.openapi;
}

/** Whoever signs in has no identity yet that a key could belong to. */
function isRepeatable({ method, security = [] }: RouteConfig): boolean {
  return method === "post" && security.length > 0;
}

function withIdempotencyKey({ request }: RouteConfig): RouteConfig["request"] {
  const headers = request?.headers;
  if (headers === undefined) return { ...request, headers: IdempotencyKey };
  if (!(headers instanceof z.ZodObject)) throw new Error("a route describes its headers together");
  return { ...request, headers: headers.extend(IdempotencyKey.shape) };
}

function middlewareOf({ middleware = [] }: RouteConfig) {
  return Array.isArray(middleware) ? middleware : [middleware];
}

/** What the library tells a hook, as far as it is used here. */
type Verdict =
  & { readonly target: string; readonly data?: unknown }
  & ({ readonly success: true } | { readonly success: false; readonly error: z.ZodError });

function refuseInvalid(route: RouteConfig): (verdict: Verdict) => Response | undefined {
  return (verdict) => {
    if (verdict.success) return undefined;
    const schema = schemaOf(route, verdict.target);
    return problemResponse(
      explainIssues(verdict.error.issues, { input: verdict.data, schema }),
    );
  };
}

function schemaOf({ request }: RouteConfig, target: string): z.ZodType | undefined {
  const content = request?.body?.content["application/json"];
  const schemas: Record<string, unknown> = {
    json: content && "schema" in content ? content.schema : undefined,
    query: request?.query,
    param: request?.params,
    header: request?.headers,
  };
  const schema = schemas[target];
  return schema instanceof z.ZodType ? schema : undefined;
}
