import fc from "fast-check";
import type { Chance } from "./chance.ts";
import type { ApiDocument, Schema } from "./document.ts";
import type { KnownPaths } from "./known_paths.ts";
import type { KnownValues } from "./known_values.ts";

/** Sent in every field whose name says that it is secret; looked for in all answers and the log. */
export const PLANTED_SECRET = "PLANTED-5ECRET";

const SSH_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGPKSUTyz1HwHReFVvD5obVsALAgJRNarH4TRpNePnAS";

const SECRET_FIELD = /passw|secret|token|userData|credential|privateKey/i;

/** What makes sense by a field's name, where random text would only ever be refused. */
const BY_NAME: readonly [name: RegExp, make: (chance: Chance) => unknown][] = [
  [/^(sshK|k)ey$/, (c) => `${SSH_KEY} me@${c.below(9)}`],
  [/^macs?$|Mac$/, (c) => `52:54:00:00:${hexByte(c.below(4))}:${hexByte(c.below(256))}`],
  [
    /cidr/i,
    (c) => c.pick(["10.1.0.0/24", "10.2.0.0/24", "10.1.0.0/16", "fd00::/64", "10.3.0.9/24"]),
  ],
  [
    /ipv4|address|first|last|^ip$|gateway|dns|start|end/i,
    (c) => `10.${1 + c.below(2)}.0.${c.below(256)}`,
  ],
  [/url|endpoint/i, (c) => c.pick(["http://127.0.0.1:9/", "https://example.invalid/x", "ftp://x"])],
  [/hostname/i, (c) => `host-${c.below(40)}`],
  [/architecture/, (c) => c.pick(["amd64", "arm64"])],
  [/name$/i, (c) => `name-${c.below(30)}`],
  [
    /At$|since|until|before|after|from|to/,
    (c) => c.pick(["2026-01-02T03:04:05.000Z", "2030-01-01"]),
  ],
];

export interface Maker {
  readonly chance: Chance;
  readonly known: KnownValues;
  /** Absent: each parameter of a path for itself. */
  readonly paths?: KnownPaths;
  readonly document: ApiDocument;
}

const DEPTH_MAX = 8;

/** A value that fits the schema, mostly; `name` is the field or parameter that it is for. */
export function makeValue(maker: Maker, given: Schema, name: string, depth = 0): unknown {
  const { chance, known, document } = maker;
  const schema = document.resolve(given);
  const examples = schema.examples ?? (schema.example === undefined ? [] : [schema.example]);
  if (examples.length > 0 && chance.oneIn(3)) return chance.pick(examples);
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return chance.pick(schema.enum);
  const branches = schema.anyOf ?? schema.oneOf;
  if (branches) return makeValue(maker, chance.pick(branches), name, depth);
  if (schema.allOf) {
    const parts = schema.allOf.map((each) => makeValue(maker, each, name, depth));
    return Object.assign({}, ...parts);
  }
  const types = typeof schema.type === "string" ? [schema.type] : schema.type ?? [];
  const type = types.length === 0 ? "any" : chance.pick(types);
  if (["string", "integer", "number"].includes(type) && !chance.oneIn(8)) {
    const seen = known.pick(chance, name.replace(/^macs$/, "mac"));
    if (seen !== undefined && (typeof seen === "string") === (type === "string")) return seen;
  }
  switch (type) {
    case "null":
      return null;
    case "boolean":
      return chance.oneIn(2);
    case "integer":
    case "number":
      return makeNumber(chance, schema);
    case "array":
      return makeList(maker, schema, name, depth);
    case "object":
      return makeObject(maker, schema, name, depth);
    case "string":
      return makeText(chance, schema, name);
    default:
      return chance.pick([null, 1, "any", true, [], {}]);
  }
}

function makeObject(maker: Maker, schema: Schema, name: string, depth: number): unknown {
  const { properties = {}, required = [], additionalProperties } = schema;
  const made: Record<string, unknown> = {};
  for (const [key, each] of Object.entries(properties)) {
    const isWanted = required.includes(key) || (depth < DEPTH_MAX && maker.chance.oneIn(2));
    if (isWanted) made[key] = makeValue(maker, each, key, depth + 1);
  }
  if (typeof additionalProperties === "object" && depth < DEPTH_MAX) {
    for (let i = maker.chance.below(3); i > 0; i--) {
      made[`key-${i}`] = makeValue(maker, additionalProperties, name, depth + 1);
    }
  }
  return made;
}

function makeList(maker: Maker, schema: Schema, name: string, depth: number): unknown[] {
  const least = schema.minItems ?? 0;
  const length = Math.min(least + maker.chance.below(3), schema.maxItems ?? 3);
  const single = name.replace(/s$/, "").replace(/Ids$/, "Id");
  return Array.from(
    { length },
    () => makeValue(maker, schema.items ?? {}, single, depth + 1),
  );
}

function makeNumber(chance: Chance, schema: Schema): number {
  const min = schema.minimum ?? (schema.exclusiveMinimum ?? -1) + 1;
  const max = schema.maximum ?? (schema.exclusiveMaximum ?? min + 1001) - 1;
  if (chance.oneIn(5)) return chance.pick([min, max]);
  return min + chance.below(Math.min(max - min + 1, 50));
}

function makeText(chance: Chance, schema: Schema, name: string): string {
  const { minLength = 0, maxLength = 40 } = schema;
  if (SECRET_FIELD.test(name)) return `${PLANTED_SECRET}-xxxxxxxx`.slice(0, Math.max(maxLength, 1));
  if (schema.format === "date-time") return "2026-01-02T03:04:05.000Z";
  const byName = BY_NAME.find(([pattern]) => pattern.test(name));
  if (byName && !chance.oneIn(6)) return String(byName[1](chance));
  if (schema.pattern !== undefined) return chance.pick(samplesOf(schema.pattern));
  const length = chance.oneIn(20) ? maxLength : minLength + chance.below(12);
  const alphabet = chance.oneIn(4)
    ? ["ä", "😀", "'", '"', "\\", "%", "\n", " ", "<"]
    : ["a", "b", "-"];
  return Array.from({ length: Math.min(length, maxLength, 2000) }, () => chance.pick(alphabet))
    .join("");
}

const samples = new Map<string, string[]>();

/** Texts that match; made once per pattern, for making them is slow. */
function samplesOf(pattern: string): string[] {
  let found = samples.get(pattern);
  if (!found) {
    try {
      found = fc.sample(fc.stringMatching(new RegExp(pattern)), { numRuns: 20, seed: 1 });
    } catch {
      found = ["x"]; // a pattern that fast-check cannot invert
    }
    samples.set(pattern, found);
  }
  return found;
}

function hexByte(value: number): string {
  return value.toString(16).padStart(2, "0");
}
