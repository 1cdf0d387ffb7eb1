/** What is wrong with a JSON text that `JSON.parse` takes. */
export interface JsonFault {
  readonly path: readonly PropertyKey[];
  /** One sentence without the field's name. */
  readonly detail: string;
  readonly accepted: string;
}

/** Deeper than anything in the API, shallower than anybody's stack. */
const DEPTH_MAX = 32;

const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/** An open object or list. */
interface Frame {
  /** Undefined: a list. */
  readonly names?: Set<string>;
  /** The name or place of the value that comes next. */
  at: string | number;
  isName: boolean;
}

/**
 * The first thing in a well-formed JSON text that would be lost or misread: a name twice (RFC 8259
 * §4 leaves open which counts), a number that changes when read, text that PostgreSQL refuses.
 */
export function findJsonFault(text: string): JsonFault | undefined {
  const frames: Frame[] = [];
  for (const [token] of text.matchAll(TOKEN)) {
    const top = frames.at(-1);
    const detail = step(frames, top, token);
    if (detail) return { path: frames.map(({ at }) => at), ...detail };
  }
  return undefined;
}

type Verdict = Pick<JsonFault, "detail" | "accepted"> | undefined;

function step(frames: Frame[], top: Frame | undefined, token: string): Verdict {
  switch (token) {
    case "{":
    case "[":
      if (frames.length === DEPTH_MAX) {
        return { detail: "is nested too deep", accepted: `at most ${DEPTH_MAX} levels` };
      }
      frames.push(
        token === "{" ? { names: new Set(), at: "", isName: true } : { at: 0, isName: false },
      );
      return undefined;
    case "}":
    case "]":
      frames.pop();
      return undefined;
    case ",":
      if (top?.names) top.isName = true;
      else if (top && typeof top.at === "number") top.at++;
      return undefined;
    case ":":
      if (top) top.isName = false;
      return undefined;
    default:
      return token.startsWith('"') ? takeText(top, token) : checkNumber(token);
  }
}

function takeText(top: Frame | undefined, token: string): Verdict {
  const text: unknown = JSON.parse(token);
  if (typeof text !== "string") return undefined;
  if (top?.names && top.isName) {
    top.at = text;
    if (top.names.has(text)) return { detail: "is there twice", accepted: "each field once" };
    top.names.add(text);
  }
  return isStorableText(text) ? undefined : UNSTORABLE;
}

/** What is said of text that `isStorableText` refuses. */
export const UNSTORABLE = {
  detail: "has a NUL character or half a surrogate pair",
  accepted: "text of whole Unicode characters without NUL",
} as const;

/** Whether PostgreSQL's `text` and `jsonb` can hold it. */
export function isStorableText(text: string): boolean {
  return !text.includes("\u0000") && text.isWellFormed();
}

function checkNumber(token: string): Verdict {
  if (!/^-?\d/.test(token)) return undefined; // true, false, null
  const value = Number(token);
  const isExact = /^-?\d+$/.test(token) ? Number.isSafeInteger(value) : Number.isFinite(value);
  if (isExact) return undefined;
  return {
    detail: "is a number too large to be read exactly",
    accepted: `whole numbers between ${Number.MIN_SAFE_INTEGER} and ${Number.MAX_SAFE_INTEGER}`,
  };
}
