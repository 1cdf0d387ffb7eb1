import type { DomainError } from "@/shared/errors/domain_error.ts";
import { COLLECTIONS, type Fields, MACHINE_FIELDS, type Value, type ValueType } from "./fields.ts";
import { badDefinition, type Token, tokenize } from "./tokens.ts";

export const COMPARISONS = ["=", "!=", "<", "<=", ">", ">=", "~", "!~"] as const;
export type Comparison = typeof COMPARISONS[number];
const QUANTIFIERS = ["any", "all", "none"] as const;
export type Quantifier = typeof QUANTIFIERS[number];

/** A definition whose names and types are right: asking an inventory cannot fail. */
export type Expression =
  | { readonly kind: "or" | "and"; readonly parts: readonly Expression[] }
  | { readonly kind: "not"; readonly part: Expression }
  | {
    readonly kind: "compare";
    readonly field: string;
    readonly comparison: Comparison;
    readonly value: Value;
  }
  | {
    readonly kind: "each";
    readonly quantifier: Quantifier;
    readonly collection: string;
    readonly part: Expression;
  };

/** Nobody writes deeper by hand, and the stack of whoever evaluates it has an end. */
const DEPTH_MAX = 32;

/** Reads a definition. Throws `invalid_input` with the column of what is wrong. */
export function parseTagExpression(source: string): Expression {
  const parser = new Parser(tokenize(source));
  const expression = parser.or(MACHINE_FIELDS);
  parser.expectEnd();
  return expression;
}

/** A position in the tokens; one method per rule, the loosest binding first. */
class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  or(fields: Fields<never>): Expression {
    return this.#deeper(() => this.#list("or", () => this.#and(fields)));
  }

  expectEnd(): void {
    if (this.#token.kind !== "end") throw this.#refuse("this is too much", "and, or, or the end");
  }

  #and(fields: Fields<never>): Expression {
    return this.#list("and", () => this.#not(fields));
  }

  #list(word: "or" | "and", next: () => Expression): Expression {
    const parts = [next()];
    while (this.#take("name", word)) parts.push(next());
    const [only] = parts;
    return parts.length === 1 && only ? only : { kind: word, parts };
  }

  #not(fields: Fields<never>): Expression {
    if (!this.#take("name", "not")) return this.#primary(fields);
    return this.#deeper(() => ({ kind: "not", part: this.#not(fields) }));
  }

  #primary(fields: Fields<never>): Expression {
    if (this.#take("symbol", "(")) {
      const inner = this.or(fields);
      this.#close();
      return inner;
    }
    const { kind, source } = this.#token;
    if (kind !== "name") throw this.#refuse("a condition belongs here", "a name or (");
    const [collection = "", quantifier = "", ...rest] = source.split(".");
    const isEach = fields === MACHINE_FIELDS && Object.hasOwn(COLLECTIONS, collection) &&
      isOneOf(QUANTIFIERS, quantifier) && rest.length === 0;
    return isEach ? this.#each(collection, quantifier) : this.#comparison(fields);
  }

  #each(collection: string, quantifier: Quantifier): Expression {
    this.#at++;
    if (!this.#take("symbol", "(")) {
      throw this.#refuse(`${collection}.${quantifier} asks a condition`, "(");
    }
    const part = this.or(COLLECTIONS[collection]?.fields ?? {});
    this.#close();
    return { kind: "each", quantifier, collection, part };
  }

  #comparison(fields: Fields<never>): Expression {
    const field = this.#token.source;
    if (!Object.hasOwn(fields, field)) throw this.#unknown(field, fields);
    const type = fields[field]?.type ?? "text";
    this.#at++;
    const { kind, source } = this.#token;
    if (kind !== "symbol" || !isOneOf(COMPARISONS, source)) {
      if (type === "boolean") return { kind: "compare", field, comparison: "=", value: true };
      throw this.#refuse(`${field} is to be compared`, allowedFor(type).join(" "));
    }
    if (!allowedFor(type).includes(source)) {
      throw this.#refuse(`${field} is ${spoken(type)}`, allowedFor(type).join(" "));
    }
    this.#at++;
    return { kind: "compare", field, comparison: source, value: this.#value(field, type) };
  }

  #value(field: string, type: ValueType): Value {
    const token = this.#token;
    const value = valueOf(token);
    if (value === undefined || typeOf(value) !== type) {
      throw this.#refuse(`${field} is ${spoken(type)}`, EXAMPLES[type]);
    }
    this.#at++;
    return value;
  }

  #close(): void {
    if (!this.#take("symbol", ")")) throw this.#refuse("a parenthesis is open", "), and or or");
  }

  #deeper(rule: () => Expression): Expression {
    if (++this.#depth > DEPTH_MAX) {
      throw this.#refuse("this is nested too deep", `at most ${DEPTH_MAX} levels`);
    }
    const expression = rule();
    this.#depth--;
    return expression;
  }

  #take(kind: Token["kind"], source: string): boolean {
    const isIt = this.#token.kind === kind && this.#token.source === source;
    if (isIt) this.#at++;
    return isIt;
  }

  get #token(): Token {
    const token = this.#tokens[this.#at] ?? this.#tokens.at(-1);
    if (!token) throw new Error("tokens end with their end");
    return token;
  }

  #refuse(problem: string, accepted: string): DomainError {
    const { column, source, kind } = this.#token;
    const seen = kind === "end" ? "the end" : source.slice(0, 40);
    return badDefinition(column, seen, { problem: `${problem}, not ${seen}`, accepted });
  }

  #unknown(name: string, fields: Fields<never>): DomainError {
    const collections = fields === MACHINE_FIELDS
      ? Object.keys(COLLECTIONS).map((each) => `${each}.any(…)`)
      : [];
    return badDefinition(this.#token.column, name.slice(0, 40), {
      problem: `there is no ${name.slice(0, 40)} here`,
      accepted: [...Object.keys(fields), ...collections].join(", "),
    });
  }
}

const EXAMPLES: Readonly<Record<ValueType, string>> = {
  text: 'text in quotes, such as "EPYC"',
  number: "a number, such as 64 or 2TB",
  boolean: "true or false",
};

function allowedFor(type: ValueType): readonly Comparison[] {
  switch (type) {
    case "text":
      return ["=", "!=", "~", "!~"];
    case "number":
      return ["=", "!=", "<", "<=", ">", ">="];
    case "boolean":
      return ["=", "!="];
  }
}

function valueOf(token: Token): Value | undefined {
  if (token.kind === "text" || token.kind === "number") return token.value;
  if (token.kind !== "name") return undefined;
  return token.source === "true" ? true : token.source === "false" ? false : undefined;
}

function typeOf(value: Value): ValueType {
  return typeof value === "string" ? "text" : typeof value === "number" ? "number" : "boolean";
}

function spoken(type: ValueType): string {
  return type === "text" ? "text" : type === "number" ? "a number" : "true or false";
}

function isOneOf<T extends string>(all: readonly T[], text: string): text is T {
  return (all as readonly string[]).includes(text);
}
