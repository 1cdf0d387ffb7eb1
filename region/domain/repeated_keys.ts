/**
 * The first key that an object of a JSON text has twice, as a path such as `products.a`; undefined
 * when none has. `JSON.parse` keeps the last of them and says nothing, so that two readers of one
 * signed text may understand different things.
 *
 * The text must be valid JSON: parse it first.
 */
export function findRepeatedKey(json: string): string | undefined {
  const open: Level[] = [];
  const tokens = /"(?:[^"\\]|\\.)*"|[{}[\],:]/gs;
  let text = "";
  for (const [token] of json.matchAll(tokens)) {
    const level = open.at(-1);
    if (token === "{") open.push({ keys: new Set(), name: "" });
    else if (token === "[") open.push({ keys: undefined, name: "[]" });
    else if (token === "}" || token === "]") open.pop();
    else if (token === ":" && level?.keys) {
      const key: string = JSON.parse(text);
      level.name = key;
      if (level.keys.has(key)) return open.map(({ name }) => name).join(".");
      level.keys.add(key);
    } else text = token;
  }
  return undefined;
}

/** An object or list that is being read; `name` is the key that was read last. */
interface Level {
  readonly keys: Set<string> | undefined;
  name: string;
}
