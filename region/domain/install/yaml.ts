/** As much of YAML as configuration files need. */
export type YamlValue = string | number | boolean | readonly YamlValue[] | {
  readonly [key: string]: YamlValue;
};

/** A value as YAML in block style, two spaces a level, a line feed at its end. */
export function toYaml(value: { readonly [key: string]: YamlValue }): string {
  return linesOf(value).join("\n") + "\n";
}

function linesOf(value: YamlValue): string[] {
  if (isList(value)) {
    return value.flatMap((each) => {
      const [first = "", ...rest] = linesOf(each);
      return [`- ${first}`, ...rest.map((line) => `  ${line}`)];
    });
  }
  if (typeof value === "object") {
    return Object.entries(value).flatMap(([key, each]) => {
      if (isLeaf(each)) return [`${scalar(key)}: ${linesOf(each)[0]}`];
      return [`${scalar(key)}:`, ...linesOf(each).map((line) => `  ${line}`)];
    });
  }
  return [scalar(value)];
}

/** Array.isArray does not narrow readonly arrays. */
function isList(value: YamlValue): value is readonly YamlValue[] {
  return Array.isArray(value);
}

function isLeaf(value: YamlValue): boolean {
  return typeof value !== "object";
}

/** Words that some reader of YAML 1.1 takes for something else than a text. */
const NOT_TEXT = /^(true|false|yes|no|on|off|y|n|null)$/i;
/** What needs no quotes: a letter first, so it is no number, no address and no time. */
const PLAIN = /^[a-z][a-z0-9_.-]*$/i;

function scalar(value: string | number | boolean): string {
  if (typeof value !== "string") return String(value);
  // JSON's strings are YAML's double-quoted ones, YAML 1.2 §1.3.
  return PLAIN.test(value) && !NOT_TEXT.test(value) ? value : JSON.stringify(value);
}
