import type { Chance } from "./chance.ts";

/** A request as it will be sent. */
export interface FuzzRequest {
  readonly method: string;
  /** With its query. */
  path: string;
  headers: Record<string, string>;
  body?: string | Uint8Array<ArrayBuffer>;
}

const HOSTILE_TEXT = [
  ..."\u0000|a\u0000b|\ud800|😀|\u202e|' OR 1=1 --|%00|%|../../etc/passwd|{{7*7}}|-1|NaN|1e999"
    .split("|"),
  ...["9007199254740993", "00", "true", "", " ", "\r\nX-Evil: 1", "__proto__", "constructor"],
  ...["x".repeat(5000), "\\", "$1", "0x10", "2026-13-99", "999999999999-01-01T00:00:00Z"],
];

const HOSTILE_VALUES: readonly unknown[] = [
  ...HOSTILE_TEXT,
  ...[null, true, false, 0, -1, 1.5, 2 ** 31, 2 ** 53, -(2 ** 63), 1e308, [], {}, [[]], [null]],
  { __proto__: null, toString: 1 },
  Array.from({ length: 1500 }, (_, i) => i),
];

const EXTRA_FIELDS = ["surprise", "id", "version", "role", "isAdmin", "toString"];

/** Each spoils one thing about a request; some do nothing where there is nothing to spoil. */
const SPOILERS: readonly ((request: FuzzRequest, chance: Chance) => void)[] = [
  spoilBody,
  spoilBody,
  spoilBody,
  (request, chance) => {
    request.path = addQuery(request.path, chance.pick(["x", "limit", "after", "fields"]), chance);
  },
  (request, chance) => {
    const parts = request.path.split("?");
    const segments = (parts[0] ?? "").split("/");
    const at = 3 + chance.below(Math.max(1, segments.length - 3));
    if (segments[at] !== undefined) segments[at] = encodeHostile(chance);
    request.path = [segments.join("/"), ...parts.slice(1)].join("?");
  },
  (request, chance) => {
    request.headers["content-type"] = chance.pick([
      ...["text/plain", "application/json; charset=utf-16", "application/xml", "", "x/y/z", "json"],
      ...["multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "text/csv"],
      ...["application/x-ndjson", "application/json;charset=utf-8", "application/merge-patch+json"],
    ]);
  },
  (request, chance) => {
    const name = chance.pick([
      ...["if-match", "if-none-match", "idempotency-key", "last-event-id", "x-request-id", "range"],
      ...["accept", "prefer", "content-encoding", "authorization", "cookie", "x-forwarded-for"],
    ]);
    // A header cannot hold control characters; a client's library refuses to send them.
    request.headers[name] = chance.pick([
      ...[
        '"1"',
        '"7", "8"',
        "*",
        'W/"1"',
        "x".repeat(3000),
        "-1",
        "99999999999999999999",
        "\x80\xff",
      ],
      ...["gzip", "Bearer", "Basic eDp4", "wait=1", "bytes=0-", "a=b; c", "rwk_x", "text/html", ""],
    ]);
  },
];

/** Spoils one to three things. */
export function spoil(request: FuzzRequest, chance: Chance): void {
  for (let i = 1 + chance.below(3); i > 0; i--) chance.pick(SPOILERS)(request, chance);
}

function addQuery(path: string, name: string, chance: Chance): string {
  const mark = path.includes("?") ? "&" : "?";
  return `${path}${mark}${name}=${encodeHostile(chance)}`;
}

/** Mostly encoded as a client would; sometimes as one should not. */
function encodeHostile(chance: Chance): string {
  if (chance.oneIn(5)) return chance.pick(["%ff", "%c3%28", "%", "%00", "%2e%2e", "a+b", "%u0041"]);
  return encodeURIComponent(chance.pick(HOSTILE_TEXT).toWellFormed());
}

function spoilBody(request: FuzzRequest, chance: Chance): void {
  if (typeof request.body !== "string") return;
  if (chance.oneIn(8)) return spoilText(request, chance);
  let value: unknown;
  try {
    value = JSON.parse(request.body);
  } catch {
    return; // spoiled already
  }
  const holder = { value };
  replaceSomewhere(holder, chance);
  request.body = JSON.stringify(holder.value) ?? "null";
}

function spoilText(request: FuzzRequest, chance: Chance): void {
  const text = String(request.body);
  request.body = chance.pick<FuzzRequest["body"]>([
    text.slice(0, chance.below(text.length + 1)),
    text.replace("{", '{"a":1,"a":2,'),
    text.replace("{", '{"__proto__":{"isAdmin":true},'),
    text.replace(/:(?=[^:]*$)/, ":1e999,"),
    "[".repeat(50_000),
    '{"a":'.repeat(5_000) + "1" + "}".repeat(5_000),
    `\ufeff${text}`,
    "null",
    '""',
    "",
    Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d),
  ]) ?? "";
}

/** Changes one field or element, at any depth: another value, none, or one more. */
function replaceSomewhere(holder: object, chance: Chance): void {
  const places: [object, string][] = [];
  collect(holder, places, 0);
  const [owner, key] = chance.pick(places);
  // Whatever it is, it came from JSON: its own fields can be set and removed.
  const fields = owner as Record<string, unknown>;
  const kind = Array.isArray(owner) ? 4 : chance.below(5);
  if (kind === 0) delete fields[key];
  else if (kind === 1) fields[chance.pick(EXTRA_FIELDS)] = 1;
  else fields[key] = chance.pick(HOSTILE_VALUES);
}

/** Bodies are spoiled more than once: what an earlier time nested has no end for a stack. */
const DEPTH_MAX = 50;

function collect(owner: object, places: [object, string][], depth: number): void {
  for (const [key, value] of Object.entries(owner).slice(0, 50)) {
    places.push([owner, key]);
    const isNested = typeof value === "object" && value !== null;
    if (isNested && depth < DEPTH_MAX) collect(value, places, depth + 1);
  }
}
