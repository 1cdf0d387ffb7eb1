import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import type { RegionContext } from "@/region/context.ts";
import { type Problem, PROBLEM_STATUS } from "@/shared/contract/problem.ts";
import { databaseOutage } from "@/region/services/database_outage.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";

/** Codes for what the HTTP library refuses by itself. */
const LIBRARY_CODES: Record<number, string> = {
  400: "request.malformed",
  413: "request.too_large",
  415: "request.unsupported_media_type",
};

/** Renders any thrown value as application/problem+json, RFC 9457. Bugs leak no detail. */
export function toProblem(
  ctx: Pick<RegionContext, "log" | "now">,
): (error: unknown, c: Context) => Response {
  return (thrown, c) => {
    const error = databaseOutage(thrown) ?? thrown;
    const problem = describe(error);
    if (problem.status >= 500) {
      const stack = thrown instanceof Error ? thrown.stack : String(thrown);
      const { method, path } = c.req;
      ctx.log("request.failed", { requestId: c.get("requestId"), method, path, error: stack });
    }
    // RFC 9110 §11.6.1: a 401 names the scheme that would do.
    const challenge: Record<string, string> = problem.status === 401
      ? { "www-authenticate": "Bearer" }
      : {};
    const wait = error instanceof DomainError ? error.retryAfterSeconds : undefined;
    const retry: Record<string, string> = wait === undefined ? {} : { "retry-after": String(wait) };
    return problemResponse({ ...problem, now: ctx.now().toISOString() }, {
      ...challenge,
      ...retry,
    });
  };
}

/** The response for a problem that is already described. */
export function problemResponse(problem: Problem, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(problem), {
    status: problem.status,
    headers: { ...headers, "content-type": "application/problem+json" },
  });
}

function describe(error: unknown): Problem {
  if (error instanceof DomainError) {
    const { code, message: detail, field, value, accepted, errors } = error;
    const more = Object.entries({ field, value, accepted, errors }).filter(([, each]) => each);
    return { status: PROBLEM_STATUS[error.kind], code, detail, ...Object.fromEntries(more) };
  }
  if (error instanceof HTTPException && error.status < 500) {
    const code = LIBRARY_CODES[error.status] ?? "request.refused";
    return { status: error.status, code, detail: error.message || "the request is malformed" };
  }
  return { status: 500, code: "internal", detail: "Internal error" };
}
