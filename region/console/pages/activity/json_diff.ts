/** A field that differs; `undefined`: it is not there. Values as JSON, texts bare. */
export interface FieldChange {
  readonly path: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** Rises with every change, so it says nothing. */
const NOISE = new Set(["version"]);

/** What differs between two JSON values, field by field, in the order of their names. */
export function diffJson(before: unknown, after: unknown): FieldChange[] {
  const [was, is] = [flatten(before), flatten(after)];
  const paths = [...new Set([...was.keys(), ...is.keys()])].sort();
  return paths.flatMap((path) =>
    was.get(path) === is.get(path) || NOISE.has(path)
      ? []
      : [{ path, before: was.get(path), after: is.get(path) }]
  );
}

/** Lists of plain values are one value; others are taken apart. */
function flatten(value: unknown, path = "", into = new Map<string, string>()) {
  if (value === null || value === undefined) {
    if (path !== "" && value === null) into.set(path, "null");
    return into;
  }
  const isPlainList = Array.isArray(value) && value.every((each) => !isObject(each));
  if (isObject(value) && !isPlainList) {
    for (const [name, each] of Object.entries(value)) {
      const step = Array.isArray(value) ? `[${name}]` : path === "" ? name : `.${name}`;
      flatten(each, `${path}${step}`, into);
    }
  } else if (isPlainList) {
    into.set(path, value.map(spell).join(", ") || "[]");
  } else into.set(path, spell(value));
  return into;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function spell(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
