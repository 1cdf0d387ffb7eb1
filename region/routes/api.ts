import { OpenAPIHono, z } from "@hono/zod-openapi";
import type { Role } from "@/shared/machine/lifecycle.ts";
import { Problem } from "@/shared/contract/problem.ts";
import type { Caller } from "@/region/services/identity/caller.ts";
import { guardRoutes } from "./input/guard_routes.ts";

/** What a handler below `/api/v1` finds in its context. */
export interface ApiEnv {
  Variables: { caller: Caller; requestId: string };
  Bindings: HomeBindings;
}

/** What a home tells with each request; a test need not. */
export interface HomeBindings {
  /** Of the client; the home has seen through its proxies already. */
  readonly remoteAddress?: string;
}

/**
 * An empty set of routes. Each refuses input that does not fit with a problem that names every
 * offending field, what was seen there and what is accepted.
 */
export function createApi(): OpenAPIHono<ApiEnv> {
  const api = new OpenAPIHono<ApiEnv>();
  guardRoutes(api);
  return api;
}

/** Says in the API's description what the service enforces: the weakest role that may call. */
export function requires(role: Role) {
  return { security: [{ bearer: [] }], "x-required-role": role };
}

/** A route that anybody may call. */
export const PUBLIC = { security: [], "x-required-role": "nobody" };

/** Described once for all routes; typed as nothing, for handlers throw instead of returning it. */
export const REFUSALS: Record<never, never> = {
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

/** `?dryRun=true`, which every write that takes it takes by this name. */
export const DryRun = Flag.optional().openapi({
  description: "Say what would be done or refused, and do nothing",
});

/** A name or remark on one line. */
export function oneLine(charsMax: number, charsMin = 0) {
  return z.string().min(charsMin).max(charsMax)
    // deno-lint-ignore no-control-regex -- control characters are what is refused
    .regex(/^[^\u0000-\u001f\u007f]*$/, "use one line without control characters");
}

/** One DNS label, RFC 1123 §2.1, in lower case. */
export const Hostname = z.string().regex(
  /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
  "use 1 to 63 of a-z, 0-9 and -, not at the ends",
);
