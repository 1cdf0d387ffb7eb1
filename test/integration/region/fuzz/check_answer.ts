import type { ApiDocument, Operation, Schema } from "./document.ts";

/** What came back. */
export interface FuzzAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
}

/** Why an answer is not one that the document describes; undefined: it is. */
export function findFault(
  document: ApiDocument,
  operation: Operation,
  { answer, path }: { readonly answer: FuzzAnswer; readonly path: string },
): string | undefined {
  const { status, contentType, text } = answer;
  if (status === 500) return "answered 500";
  const described = operation.responses[status] ?? operation.responses.default;
  const isRefusal = status >= 400;
  if (!described && !isRefusal) return `status ${status} is not described`;
  if (isRefusal && contentType !== "application/problem+json") {
    return `refused as ${contentType || "nothing"}, not as application/problem+json`;
  }
  const content = described?.content;
  if (!content) {
    return text === "" || isRefusal ? undefined : "there is a body and none is described";
  }
  const essence = contentType.split(";")[0] ?? "";
  const media = content[essence];
  if (!media) return `media type ${essence || "(none)"} is not described`;
  if (!/json$/.test(essence) || essence.includes("nd")) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return "the body is not JSON";
  }
  const read = /[?&]fields=/.test(path) ? withoutRequired(document) : document;
  return media.schema && misfit(read, media.schema, value, "$");
}

/** Whoever names the fields gets only those. */
function withoutRequired(document: ApiDocument): ApiDocument {
  return { ...document, resolve: (schema) => ({ ...document.resolve(schema), required: [] }) };
}

/** Where a value does not fit its schema; objects may only have what is described. */
function misfit(
  document: ApiDocument,
  given: Schema,
  value: unknown,
  at: string,
): string | undefined {
  const schema = document.resolve(given);
  const branches = schema.anyOf ?? schema.oneOf;
  if (branches) {
    const faults = branches.map((each) => misfit(document, each, value, at));
    return faults.includes(undefined) ? undefined : `${at}: no alternative fits: ${faults[0]}`;
  }
  if (schema.allOf) {
    return schema.allOf.map((each) =>
      misfit(document, { additionalProperties: {}, ...each }, value, at)
    )
      .find((fault) => fault !== undefined);
  }
  const types = typeof schema.type === "string" ? [schema.type] : schema.type;
  if (types && !types.some((type) => isOfType(type, value))) {
    return `${at}: ${JSON.stringify(value)?.slice(0, 60)} is not ${types.join(" or ")}`;
  }
  if (value === null) return undefined;
  if (schema.const !== undefined && value !== schema.const) return `${at}: is not the constant`;
  if (schema.enum && !schema.enum.includes(value)) return `${at}: ${value} is not in the list`;
  if (Array.isArray(value)) {
    if (!schema.items) return undefined;
    for (const [i, each] of value.entries()) {
      const fault = misfit(document, schema.items, each, `${at}[${i}]`);
      if (fault) return fault;
    }
    return undefined;
  }
  return typeof value === "object" ? misfitObject(document, schema, value, at) : undefined;
}

function misfitObject(
  document: ApiDocument,
  schema: Schema,
  value: object,
  at: string,
): string | undefined {
  const { properties, required = [], additionalProperties } = schema;
  const missing = required.find((name) => !Object.hasOwn(value, name));
  if (missing !== undefined) return `${at}.${missing}: is missing`;
  for (const [name, each] of Object.entries(value)) {
    const known = properties && Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (known) {
      const fault = misfit(document, known, each, `${at}.${name}`);
      if (fault) return fault;
    } else if (typeof additionalProperties === "object") {
      const fault = misfit(document, additionalProperties, each, `${at}.${name}`);
      if (fault) return fault;
    } else if (additionalProperties !== true && properties) {
      return `${at}.${name}: is not described`;
    }
  }
  return undefined;
}

function isOfType(type: string, value: unknown): boolean {
  switch (type) {
    case "null":
      return value === null;
    case "integer":
      return Number.isInteger(value);
    case "array":
      return Array.isArray(value);
    case "object":
      return typeof value === "object" && value !== null && !Array.isArray(value);
    case "string":
      return typeof value === "string";
    case "boolean":
      return typeof value === "boolean";
    default:
      return typeof value === "number";
  }
}
