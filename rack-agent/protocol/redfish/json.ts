/** An object of an answer, whose fields are as little trusted as itself. */
export type Json = Readonly<Record<string, unknown>>;

/** The object that a text is; undefined when it is no JSON or something else. */
export function parseObject(text: string): Json | undefined {
  try {
    return asObject(JSON.parse(text));
  } catch {
    return undefined;
  }
}

export function asObject(value: unknown): Json | undefined {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  return isObject ? value as Json : undefined; // safe: JSON has no other objects
}

/** The object in a field, or an empty one. */
export function objectIn(object: Json | undefined, field: string): Json {
  return asObject(own(object, field)) ?? {};
}

export function textIn(object: Json | undefined, field: string): string | undefined {
  const value = own(object, field);
  return typeof value === "string" ? value : undefined;
}

export function numberIn(object: Json | undefined, field: string): number | undefined {
  const value = own(object, field);
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

/** The texts among a field's items; undefined when it is no list. */
export function textsIn(object: Json | undefined, field: string): string[] | undefined {
  const value = own(object, field);
  if (!Array.isArray(value)) return undefined;
  return value.filter((each): each is string => typeof each === "string");
}

export function objectsIn(object: Json | undefined, field: string): Json[] {
  const value = own(object, field);
  return Array.isArray(value) ? value.map(asObject).filter((each) => each !== undefined) : [];
}

/** Where a field leads (`{"@odata.id": …}`, DSP0266 §8.5): a path on the same host, or undefined. */
export function linkIn(object: Json | undefined, field: string): string | undefined {
  return linkOf(objectIn(object, field));
}

export function linkOf(object: Json): string | undefined {
  const path = textIn(object, "@odata.id");
  return path !== undefined && isPath(path) ? path : undefined;
}

const PATH_CHARS_MAX = 1024;

/** Nothing that could lead elsewhere or break out of a request line. */
export function isPath(text: string): boolean {
  return text.length <= PATH_CHARS_MAX && /^\/(?!\/)[\x21-\x7e]*$/.test(text) &&
    !text.includes("\\");
}

function own(object: Json | undefined, field: string): unknown {
  return object !== undefined && Object.hasOwn(object, field) ? object[field] : undefined;
}
