import type { z } from "@hono/zod-openapi";
import type { Problem } from "@/shared/contract/problem.ts";
import { describeSchema, inputSchemaOf, type JsonSchema, schemaAt } from "./describe_schema.ts";
import { INVALID_CODE } from "./refusals.ts";
import { formatPath, shorten, showValue } from "./shown_value.ts";

type Issue = z.core.$ZodIssue;
type FieldError = NonNullable<Problem["errors"]>[number];

/** The rest is not shown: whoever sent a thousand wrong lines needs to see the first few. */
const ERRORS_MAX = 20;

/**
 * What a schema found wrong, as a problem: every offending field with the value seen (never a
 * secret) and what is accepted. `schema` absent: the words of the issues have to do.
 */
export function explainIssues(
  issues: readonly Issue[],
  { input, schema }: { readonly input: unknown; readonly schema?: z.ZodType },
): Problem {
  const root = schema ? inputSchemaOf(schema) : {};
  const errors = issues.slice(0, ERRORS_MAX).flatMap((issue) => explain(issue, [], root, input))
    .slice(0, ERRORS_MAX);
  const [first] = errors;
  return {
    status: 400,
    code: textParam(issues[0], "code") ?? INVALID_CODE,
    detail: first ? `${first.field || "the request"}: ${first.detail}` : "the request is not valid",
    ...(first?.field ? { field: first.field } : {}),
    ...(first?.value === undefined ? {} : { value: first.value }),
    ...(first?.accepted === undefined ? {} : { accepted: first.accepted }),
    errors,
  };
}

function explain(
  issue: Issue,
  above: readonly PropertyKey[],
  root: JsonSchema,
  input: unknown,
): FieldError[] {
  const path = [...above, ...issue.path];
  if (issue.code === "unrecognized_keys") {
    const holder = schemaAt(root, path);
    // The value of a field that nobody knows may be a mistyped password: it is not shown.
    return issue.keys.map((key) => ({
      field: formatPath([...path, key]),
      detail: `"${shorten(key)}" is not a field here`,
      ...(holder ? { accepted: describeSchema(root, holder) } : {}),
    }));
  }
  const branch = issue.code === "invalid_union" ? deepestBranch(issue.errors) : undefined;
  if (branch) return branch.flatMap((each) => explain(each, path, root, input));
  const value = valueAt(input, path);
  const shown = showValue(path, value);
  const accepted = acceptedBy(issue, root, path);
  return [{
    field: formatPath(path),
    detail: detailOf(issue, value, accepted),
    ...(shown === undefined ? {} : { value: shown }),
    ...(accepted === undefined ? {} : { accepted }),
  }];
}

/** Of the alternatives the one that got furthest into the value: most likely the one meant. */
function deepestBranch(branches: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  const depthOf = (issues: readonly Issue[]) =>
    Math.max(
      0,
      ...issues.map(({ path, code }) => path.length + (code === "unrecognized_keys" ? 1 : 0)),
    );
  const deepest = [...branches].sort((a, b) => depthOf(b) - depthOf(a))[0];
  return deepest && depthOf(deepest) > 0 ? deepest : undefined;
}

/** A message that a schema brings says best what is accepted; the library's own say it poorly. */
function acceptedBy(
  issue: Issue,
  root: JsonSchema,
  path: readonly PropertyKey[],
): string | undefined {
  if (isOwnMessage(issue) && issue.code === "invalid_format") return issue.message;
  const told = textParam(issue, "accepted");
  if (told !== undefined) return told;
  const schema = schemaAt(root, path);
  if (schema && Object.keys(schema).length > 0) return describeSchema(root, schema);
  return isOwnMessage(issue) ? undefined : issue.message;
}

/** What a check of our own says beside its message: a `code` of its own, what is `accepted`. */
function textParam(issue: Issue | undefined, name: "code" | "accepted"): string | undefined {
  const param: unknown = issue?.code === "custom" ? issue.params?.[name] : undefined;
  return typeof param === "string" ? param : undefined;
}

function detailOf(issue: Issue, value: unknown, accepted: string | undefined): string {
  if (value === undefined) return accepted ? `is missing; give ${accepted}` : "is missing";
  if (isOwnMessage(issue)) return issue.message;
  return accepted ? `${kindOf(value)} does not do; give ${accepted}` : issue.message;
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "string") return value === "" ? "empty text" : "this text";
  return typeof value === "object" ? "this object" : `this ${typeof value}`;
}

/** The library's messages begin so; ours never do. */
function isOwnMessage({ message }: Issue): boolean {
  return !/^(Invalid|Too (big|small)|Unrecognized)\b/.test(message);
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let at = input;
  for (const key of path) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, key)) return undefined;
    // An own property of an object is there to be read, whatever the object's type.
    at = (at as Record<PropertyKey, unknown>)[key];
  }
  return at;
}
