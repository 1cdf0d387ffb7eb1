import type { RouteConfig, z } from "@hono/zod-openapi";
import type { HonoRequest, MiddlewareHandler } from "hono";
import type { Problem } from "@/shared/contract/problem.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { problemResponse } from "../problem.ts";
import { describeSchema, inputSchemaOf } from "./describe_schema.ts";
import { findJsonFault, isStorableText, UNSTORABLE } from "./json_fault.ts";
import { INVALID_CODE, malformed } from "./refusals.ts";
import { formatPath, shorten, showValue } from "./shown_value.ts";

/**
 * Refuses what a schema cannot see: bytes that are not UTF-8, JSON with a name twice, query names
 * that are unknown (but for routes that say otherwise) or repeated, a body where none is taken. Runs before the route's own validation.
 */
export function strictRequest(route: Pick<RouteConfig, "request">): MiddlewareHandler {
  const query = inputSchemaOfQuery(route);
  const mediaTypes = Object.keys(route.request?.body?.content ?? {});
  return async (c, next) => {
    checkPath(c.req);
    checkQuery(c.req, query);
    const body = await readBody(c.req);
    if (body) {
      const refusal = mediaTypeProblem(c.req, mediaTypes);
      if (refusal) return problemResponse(refusal);
      // The route reads its other formats by itself.
      if (isJson(c.req.header("content-type"))) checkJson(body);
    }
    await next();
  };
}

function inputSchemaOfQuery({ request }: Pick<RouteConfig, "request">) {
  // zod-openapi's type also allows other libraries' schemas; ours are all zod's.
  return request?.query ? inputSchemaOf(request.query as z.ZodType) : { properties: {} };
}

function checkPath(request: HonoRequest): void {
  const path = decode(new URL(request.url).pathname, "path");
  if (!isStorableText(path)) throw unstorable(["path"]);
}

function checkQuery(request: HonoRequest, schema: ReturnType<typeof inputSchemaOfQuery>): void {
  const seen = new Set<string>();
  for (const pair of new URL(request.url).search.slice(1).split("&")) {
    if (pair === "") continue;
    const [rawName = "", ...rest] = pair.replaceAll("+", " ").split("=");
    const name = decode(rawName, "query");
    const value = decode(rest.join("="), name);
    const wanted = Object.hasOwn(schema.properties ?? {}, name)
      ? schema.properties?.[name]
      : undefined;
    if (!wanted && takesOthers(schema)) {
      if (!isStorableText(name + value)) throw unstorable([name]);
      continue;
    }
    if (!wanted) {
      throw invalid([name], `"${shorten(name)}" is not a parameter here`, {
        accepted: Object.keys(schema.properties ?? {}).join(", ") || "no parameters",
      });
    }
    if (seen.has(name) && !describeSchema(schema, wanted).includes("a list")) {
      throw invalid([name], "is there twice", { accepted: "each parameter once" });
    }
    seen.add(name);
    if (!isStorableText(name + value)) throw unstorable([name]);
  }
}

/** Written as a loose object: others than us add names of their own. */
function takesOthers({ additionalProperties }: ReturnType<typeof inputSchemaOfQuery>): boolean {
  return typeof additionalProperties === "object";
}

/** Undefined: none, or an empty one. */
async function readBody(request: HonoRequest): Promise<ArrayBuffer | undefined> {
  if (request.raw.body === null) return undefined;
  const bytes = await request.arrayBuffer();
  return bytes.byteLength === 0 ? undefined : bytes;
}

/** Only UTF-8 and only plain: RFC 8259 §8.1, and nothing here unpacks what a stranger has packed. */
function mediaTypeProblem(
  request: HonoRequest,
  mediaTypes: readonly string[],
): Problem | undefined {
  const type = request.header("content-type");
  const encoding = request.header("content-encoding") ?? "identity";
  const [, charset = "utf-8"] = /;\s*charset\s*=\s*"?([^";\s]+)/i.exec(type ?? "") ?? [];
  const refuse = (field: string, value: string, accepted: string): Problem => ({
    status: 415,
    code: "request.unsupported_media_type",
    detail: `${field}: a body like this is not taken here; give ${accepted}`,
    field,
    value: shorten(value),
    accepted,
  });
  if (mediaTypes.length === 0) return refuse("content-type", type ?? "", "no body");
  if (encoding.toLowerCase() !== "identity") {
    return refuse("content-encoding", encoding, "no Content-Encoding");
  }
  const essence = (type ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
  const isTaken = mediaTypes.some((each) => each.toLowerCase() === essence);
  if (isTaken && /^utf-?8$/i.test(charset)) return undefined;
  return refuse("content-type", type ?? "", `${mediaTypes.join(" or ")} in UTF-8`);
}

function checkJson(bytes: ArrayBuffer): void {
  const text = decodeUtf8(bytes);
  const value = parse(text);
  const fault = findJsonFault(text);
  if (!fault) return;
  const { path, detail, accepted } = fault;
  throw invalid(path, detail, { accepted, value: showValue(path, valueAt(value, path)) });
}

function isJson(type: string | undefined): boolean {
  return /^application\/([\w.-]+\+)?json\s*(;|$)/i.test(type ?? "");
}

function decodeUtf8(bytes: ArrayBuffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw malformed("the body is not UTF-8", { cause });
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw malformed("the body is not JSON", { cause });
  }
}

function decode(text: string, where: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw malformed(`the ${shorten(where)} has a broken percent-encoding`, { cause });
  }
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  // Found by the scan of the same text, so every step but the last is an object or a list.
  return path.reduce((at, key) => (at as Record<PropertyKey, unknown>)?.[key], value);
}

function unstorable(path: readonly PropertyKey[]): DomainError {
  return invalid(path, UNSTORABLE.detail, { accepted: UNSTORABLE.accepted });
}

function invalid(
  path: readonly PropertyKey[],
  detail: string,
  { accepted, value }: { readonly accepted: string; readonly value?: string },
): DomainError {
  const field = shorten(formatPath(path));
  return new DomainError({
    kind: "invalid_input",
    code: INVALID_CODE,
    message: `${field || "the body"}: ${detail}`,
    field,
    accepted,
    ...(value === undefined ? {} : { value }),
  });
}
