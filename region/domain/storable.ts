const DEPTH_MAX = 32;

/**
 * A JSON value as PostgreSQL can hold it: NUL and half surrogate pairs in text become U+FFFD, what is
 * nested deeper than 32 becomes null.
 *
 * `jsonb` and `text` refuse these outright, and one refused fact would hold up all that follow.
 */
export function storable<T>(value: T): T {
  // Only text inside changes, or depth that no contract has: the type stays what it was.
  return clean(value, 0) as T;
}

function clean(value: unknown, depth: number): unknown {
  if (typeof value === "string") return value.toWellFormed().replaceAll("\u0000", "\ufffd");
  if (typeof value !== "object" || value === null) return value;
  if (depth === DEPTH_MAX) return null;
  if (Array.isArray(value)) return value.map((each) => clean(each, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [clean(key, depth), clean(each, depth + 1)]),
  );
}
