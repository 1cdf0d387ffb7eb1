import { parseIpAddress } from "@/shared/net/ip_address.ts";

/** What people see and set: plain JSON. */
export type SettingValue = number | boolean | string | null | readonly string[];

/** One line of the table. */
export interface Setting<T extends SettingValue = SettingValue> {
  readonly kind: "number" | "flag" | "text" | "choice" | "addresses";
  readonly default: T;
  /** One sentence for whoever decides: what it does, in which unit, what null means. */
  readonly description: string;
  /** What is taken, in words. */
  readonly accepted: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly choices?: readonly string[];
  /** Whether null is a value. */
  readonly isNullable: boolean;
  /** What a document of a site says depends on it: when it changes, all are made anew. */
  readonly changesSites: boolean;
  /** The value in the form it is kept in; undefined: it is not taken. */
  readonly parse: (value: unknown) => T | undefined;
}

interface About<T> {
  readonly default: T;
  readonly description: string;
  readonly changesSites?: boolean;
}

/** A whole number within limits. */
export function wholeNumber(
  { minimum, maximum, ...about }: About<number> & { minimum: number; maximum: number },
): Setting<number> {
  return {
    ...common(about),
    kind: "number",
    minimum,
    maximum,
    isNullable: false,
    accepted: `a whole number from ${minimum} to ${maximum}`,
    parse: (value) => isWithin(value, minimum, maximum) ? value : undefined,
  };
}

/** Days for which something is kept; null: for ever. */
export function daysKept(
  { minimum, maximum, ...about }: About<number | null> & { minimum: number; maximum: number },
): Setting<number | null> {
  return {
    ...common(about),
    kind: "number",
    minimum,
    maximum,
    isNullable: true,
    accepted: `a whole number from ${minimum} to ${maximum}, or null: for ever`,
    parse: (value) => value === null || isWithin(value, minimum, maximum) ? value : undefined,
  };
}

export function flag(about: About<boolean>): Setting<boolean> {
  return {
    ...common(about),
    kind: "flag",
    isNullable: false,
    accepted: "true or false",
    parse: (value) => typeof value === "boolean" ? value : undefined,
  };
}

/** Text of a form; `accepted` says the form in words. */
export function text(
  { pattern, accepted, ...about }: About<string> & { pattern: RegExp; accepted: string },
): Setting<string> {
  return {
    ...common(about),
    kind: "text",
    isNullable: false,
    accepted,
    parse: (value) => typeof value === "string" && pattern.test(value) ? value : undefined,
  };
}

/** Text of a form, or null where nothing is chosen. */
export function optionalText(
  { pattern, accepted, ...about }: About<string | null> & { pattern: RegExp; accepted: string },
): Setting<string | null> {
  return {
    ...common(about),
    kind: "text",
    isNullable: true,
    accepted: `${accepted}, or null`,
    parse: (value) =>
      value === null || (typeof value === "string" && pattern.test(value)) ? value : undefined,
  };
}

/** One of a few words. */
export function choice<const T extends string>(
  { choices, ...about }: About<T> & { choices: readonly T[] },
): Setting<T> {
  return {
    ...common(about),
    kind: "choice",
    choices,
    isNullable: false,
    accepted: `one of ${choices.join(", ")}`,
    parse: (value) => choices.find((each) => each === value),
  };
}

/** IP addresses of either family, in order, each once. */
export function addresses(
  { itemsMax, ...about }: About<readonly string[]> & { itemsMax: number },
): Setting<readonly string[]> {
  return {
    ...common(about),
    kind: "addresses",
    maximum: itemsMax,
    isNullable: false,
    accepted: `a list of at most ${itemsMax} different IP addresses, such as ["10.0.0.1"]`,
    parse: (value) => parseAddresses(value, itemsMax),
  };
}

function common<T>({ default: initial, description, changesSites = false }: About<T>) {
  return { default: initial, description, changesSites };
}

function isWithin(value: unknown, minimum: number, maximum: number): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= minimum &&
    value <= maximum;
}

function parseAddresses(value: unknown, itemsMax: number): readonly string[] | undefined {
  if (!Array.isArray(value) || value.length > itemsMax) return undefined;
  try {
    const parsed = value.map((each) => parseIpAddress(typeof each === "string" ? each : ""));
    return new Set(parsed).size === parsed.length ? parsed : undefined;
  } catch {
    return undefined;
  }
}
