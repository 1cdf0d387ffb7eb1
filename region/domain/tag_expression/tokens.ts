import { DomainError } from "@/shared/errors/domain_error.ts";

/** A piece of an expression; `column` counts characters from 1. */
export type Token =
  & { readonly column: number; readonly source: string }
  & (
    | { readonly kind: "name" }
    | { readonly kind: "symbol" }
    | { readonly kind: "text"; readonly value: string }
    | { readonly kind: "number"; readonly value: number }
    | { readonly kind: "end" }
  );

const EXPRESSION_CHARS_MAX = 4096;

const UNITS: Readonly<Record<string, number>> = {
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

// Tried in this order at each place; each begins where the one before ended.
const SPACE = /\s+/y;
const NAME = /[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*/y;
const NUMBER = /(\d{1,15}(?:\.\d{1,9})?)([A-Za-z]*)/y;
const TEXT = /"((?:[^"\\]|\\["\\])*)"/y;
const SYMBOL = /!=|!~|<=|>=|[=<>~(),]/y;

/** Splits an expression; the last token is its end. Throws `invalid_input`. */
export function tokenize(source: string): Token[] {
  if (source.length > EXPRESSION_CHARS_MAX) {
    throw badDefinition(EXPRESSION_CHARS_MAX + 1, "", {
      problem: `the expression has ${source.length} characters`,
      accepted: `at most ${EXPRESSION_CHARS_MAX} characters`,
    });
  }
  const tokens: Token[] = [];
  let at = 0;
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(source);
    if (found) at += found[0].length;
    return found;
  };
  while (at < source.length) {
    if (match(SPACE)) continue;
    const column = at + 1;
    const name = match(NAME);
    if (name) {
      tokens.push({ kind: "name", column, source: name[0] });
      continue;
    }
    const number = match(NUMBER);
    if (number) {
      tokens.push({ kind: "number", column, source: number[0], value: numberOf(number, column) });
      continue;
    }
    const text = match(TEXT);
    if (text) {
      const value = (text[1] ?? "").replaceAll(/\\(["\\])/g, "$1");
      tokens.push({ kind: "text", column, source: text[0], value });
      continue;
    }
    const symbol = match(SYMBOL);
    if (!symbol) throw unreadable(source, at);
    tokens.push({ kind: "symbol", column, source: symbol[0] });
  }
  return [...tokens, { kind: "end", column: source.length + 1, source: "" }];
}

function numberOf([source, digits = "", unit = ""]: RegExpExecArray, column: number): number {
  if (unit === "") return Number(digits);
  const factor = UNITS[unit];
  if (factor !== undefined) return Number(digits) * factor;
  throw badDefinition(column, source, {
    problem: `${unit} is no unit`,
    accepted: Object.keys(UNITS).join(", "),
  });
}

function unreadable(source: string, at: number): DomainError {
  const isOpenText = source[at] === '"';
  return badDefinition(at + 1, source.slice(at, at + 20), {
    problem: isOpenText
      ? 'this text has no closing quote, or a \\ before something else than " or \\'
      : `${JSON.stringify(source[at])} means nothing here`,
    accepted: isOpenText
      ? 'text such as "EPYC"'
      : "a name, a number, text in quotes or a comparison",
  });
}

/** The refusal of a definition, with the column of what is wrong. */
export function badDefinition(
  column: number,
  seen: string,
  { problem, accepted }: { problem: string; accepted: string },
): DomainError {
  return new DomainError({
    kind: "invalid_input",
    code: "tag.bad_definition",
    field: "definition",
    value: seen,
    accepted,
    message: `column ${column}: ${problem}; expected ${accepted}`,
  });
}
