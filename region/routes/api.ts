import { OpenAPIHono, z } from "@hono/zod-openapi";
import type { Role } from "@/shared/machine/lifecycle.ts";
import { Problem } from "@/shared/contract/problem.ts";
import type { Caller } from "@/region/services/identity/caller.ts";
import { problemResponse } from "./problem.ts";

/** What a handler below `/api/v1` finds in its context. */
export interface ApiEnv {
  Variables: { caller: Caller };
}

/** An empty set of routes; input that does not fit becomes a problem with every offending field. */
export function createApi(): OpenAPIHono<ApiEnv> {
  return new OpenAPIHono<ApiEnv>({
    defaultHook: (result) => {
      if (result.success) return;
      const errors = result.error.issues.map((issue) => ({
        field: formatPath(issue.path),
        detail: issue.message,
      }));
      const [first] = errors;
      return problemResponse({
        status: 400,
        code: "request.invalid",
        detail: first
          ? `${first.field || "the request"}: ${first.detail}`
          : "the request is not valid",
        ...(first?.field ? { field: first.field } : {}),
        errors,
      });
    },
  });
}

/** `["subnets", 0, "cidr"]` is `subnets[0].cidr`. */
function formatPath(path: readonly PropertyKey[]): string {
  return path.map((key, i) =>
    typeof key === "number" ? `[${key}]` : `${i === 0 ? "" : "."}${String(key)}`
  ).join("");
}

/** Says in the API's description what the service enforces: the weakest role that may call. */
export function requires(role: Role) {
  return { security: [{ bearer: [] }], "x-required-role": role };
}

/** A route that anybody may call. */
export const PUBLIC = { security: [], "x-required-role": "nobody" };

/** Described once for all routes; typed as nothing, for handlers throw instead of returning it. */
const REFUSALS: Record<never, never> = {
  default: {
    description: "Refused: RFC 9457 with a stable code",
    content: { "application/problem+json": { schema: Problem } },
  },
};

/** The response of a read. */
export function ok<S extends z.ZodType>(schema: S, description: string) {
  return { 200: { description, content: json(schema) }, ...REFUSALS };
}

/** The response of something made. */
export function created<S extends z.ZodType>(schema: S, description: string) {
  return { 201: { description, content: json(schema) }, ...REFUSALS };
}

/** The response of something removed. */
export const REMOVED = { 204: { description: "Removed" }, ...REFUSALS };

/** A JSON body that must be there. */
export function body<S extends z.ZodType>(schema: S) {
  return { required: true as const, content: json(schema) };
}

/**
 * `If-Match: "7"` as the version that the caller has seen; absent or `*`: any.
 *
 * RFC 9110 §13.1.1. Only one strong entity tag is taken: a resource has one version at a time.
 */
export const IfMatch = z.object({
  "if-match": z.string().regex(
    /^(\*|"\d{1,10}")$/,
    'use the ETag of an earlier answer, such as "7"',
  )
    .transform((text) => text === "*" ? undefined : Number(text.slice(1, -1)))
    .optional(),
});

/** The header that names the version in an answer. */
export function etag({ version }: { readonly version: number }): { etag: string } {
  return { etag: `"${version}"` };
}

function json<S extends z.ZodType>(schema: S) {
  return { "application/json": { schema } };
}

export const ITEMS_PER_PAGE_DEFAULT = 100;
export const ITEMS_PER_PAGE_MAX = 200;

/** How many items a list answers with. */
export const Limit = z.coerce.number().int().min(1).max(ITEMS_PER_PAGE_MAX)
  .default(ITEMS_PER_PAGE_DEFAULT);

/** A row's number in a path or query; PostgreSQL's integer. */
export const RowId = z.coerce.number().int().min(1).max(2 ** 31 - 1);

/** Ids of ours that are text. */
export const TextId = z.string().min(1).max(64);

/** `?name=true` and `?name=false`; z.coerce would take "false" for true. */
export const Flag = z.enum(["true", "false"]).transform((text) => text === "true");

/** One DNS label, RFC 1123 §2.1, in lower case. */
export const Hostname = z.string().regex(
  /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
  "use 1 to 63 of a-z, 0-9 and -, not at the ends",
);
