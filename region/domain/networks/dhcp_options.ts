import { DomainError } from "@/shared/errors/domain_error.ts";
import { ipv4ToNumber, parseIpv4 } from "@/shared/net/ipv4.ts";
import { atField } from "@/region/domain/at_field.ts";
import {
  DHCP_OPTION_NAMES,
  DHCP_OPTION_TYPES,
  DHCP_SERVER_CODES,
  type DhcpOptionType,
} from "./dhcp_option_table.ts";

/** The agent takes this many bytes; more than 255 are split, RFC 3396. */
const VALUE_BYTES_MAX = 1024;
/** Of an option inside of one: its length is one byte, and nothing says how to split it. */
const SUB_OPTION_BYTES_MAX = 255;

/** What a subnet or a machine may have; the agent refuses a document with more. */
export const OPTIONS_MAX = 64;

/** An option as the agent sends it. */
export interface CompiledOption {
  readonly code: number;
  readonly type: DhcpOptionType;
  /** An even number of digits. */
  readonly hex: string;
}

/**
 * Checks an option that a person wrote and makes its bytes.
 *
 * `option` is a name of the table, or a code with its `type`. Throws naming the field at fault, with
 * what was seen and what is accepted.
 */
export function compileOption(
  input: { option: string | number; type?: DhcpOptionType; value: string },
): CompiledOption {
  const { code, type } = resolveOption(input.option, input.type);
  const bytes = atField("value", () => encodeValue(type, input.value));
  if (bytes.length > VALUE_BYTES_MAX) {
    throw bad("value", `${bytes.length} bytes`, `at most ${VALUE_BYTES_MAX} bytes`);
  }
  const hex = bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return { code, type, hex };
}

/** What people call an option; undefined: it has no name here. */
export function nameOfOption(code: number): string | undefined {
  return Object.entries(DHCP_OPTION_NAMES).find(([, option]) => option.code === code)?.[0];
}

function resolveOption(
  option: string | number,
  wanted: DhcpOptionType | undefined,
): { code: number; type: DhcpOptionType } {
  const byCode = Object.values(DHCP_OPTION_NAMES).find(({ code }) => code === option);
  const known = typeof option === "string" ? DHCP_OPTION_NAMES[option] : byCode;
  const code = typeof option === "number" ? option : known?.code;
  if (code === undefined) throw bad("option", String(option), "a name of an option, or its code");
  if (DHCP_SERVER_CODES.includes(code)) {
    throw bad("option", String(option), "an option that is not part of the lease itself");
  }
  const type = wanted ?? known?.type;
  if (!type) throw bad("type", "nothing", `a type, for option ${code} has no name here`);
  return { code, type };
}

function encodeValue(type: DhcpOptionType, text: string): number[] {
  switch (type) {
    case "ipv4":
      return ipv4Bytes(text);
    case "ipv4-list":
      return listOf(text).flatMap(ipv4Bytes);
    case "u8":
      return integerBytes(text, 1, [0, 2 ** 8 - 1]);
    case "u16":
      return integerBytes(text, 2, [0, 2 ** 16 - 1]);
    case "u32":
      return integerBytes(text, 4, [0, 2 ** 32 - 1]);
    case "i32":
      return integerBytes(text, 4, [-(2 ** 31), 2 ** 31 - 1]);
    case "bool":
      if (text !== "true" && text !== "false") throw bad("value", text, "true or false");
      return [text === "true" ? 1 : 0];
    case "text":
      if (text === "") throw bad("value", text, "at least one character");
      return [...new TextEncoder().encode(text)];
    case "domain-list":
      return listOf(text).flatMap(domainBytes);
    case "hex":
      return hexBytes(text);
    case "sub-options":
      return subOptionBytes(text);
  }
}

/** Code, length and value of each; codes 0 and 255 are padding and end there too. */
function subOptionBytes(text: string): number[] {
  const codes = new Set<number>();
  return text.split(";").flatMap((part) => {
    const [, codeText = "", typeText = "", value = ""] =
      /^\s*(\d{1,3})\s+([a-z0-9-]+)\s+(.*?)\s*$/s.exec(part) ?? [];
    const code = Number(codeText);
    const type = DHCP_OPTION_TYPES.find((each) => each === typeText);
    if (codeText === "" || code < 1 || code > 254 || !type || type === "sub-options") {
      throw bad("value", part.trim(), "a code from 1 to 254, a type and a value: 1 ipv4 10.0.0.5");
    }
    if (codes.has(code)) throw bad("value", part.trim(), `each code once; ${code} is there twice`);
    codes.add(code);
    const bytes = encodeValue(type, value);
    if (bytes.length > SUB_OPTION_BYTES_MAX) {
      throw bad("value", part.trim(), `at most ${SUB_OPTION_BYTES_MAX} bytes for one of them`);
    }
    return [code, bytes.length, ...bytes];
  });
}

function listOf(text: string): string[] {
  return text.split(",").map((part) => part.trim());
}

function ipv4Bytes(text: string): number[] {
  const value = ipv4ToNumber(parseIpv4(text.trim()));
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 255);
}

function integerBytes(text: string, bytes: number, [min, max]: [number, number]): number[] {
  const value = Number(text);
  if (!/^-?\d{1,10}$/.test(text) || value < min || value > max) {
    throw bad("value", text, `a whole number from ${min} to ${max}`);
  }
  return Array.from({ length: bytes }, (_, i) => (value >> (8 * (bytes - 1 - i))) & 255);
}

/** Labels with their lengths and a zero, RFC 1035 §3.1; without compression. */
function domainBytes(name: string): number[] {
  const labels = name.replace(/\.$/, "").split(".");
  if (name.length > 253 || !labels.every((label) => /^[A-Za-z0-9_-]{1,63}$/.test(label))) {
    throw bad("value", name, "domain names such as rack1.example.com");
  }
  return [...labels.flatMap((label) => [label.length, ...new TextEncoder().encode(label)]), 0];
}

/** Accepts `0a1b`, `0a:1b` and `0a 1b`. */
function hexBytes(text: string): number[] {
  const digits = text.replaceAll(/[: ]/g, "");
  if (!/^([0-9a-fA-F]{2})+$/.test(digits)) throw bad("value", text, "pairs of hex digits");
  return (digits.match(/../g) ?? []).map((pair) => parseInt(pair, 16));
}

function bad(field: string, seen: string, accepted: string): DomainError {
  const value = seen.slice(0, 64);
  return new DomainError({
    kind: "invalid_input",
    code: "dhcp_option.unusable",
    field,
    value,
    accepted,
    message: `"${value}" does not do here; use ${accepted}`,
  });
}

/** An option and for whom it is: all null, for everybody. */
export interface OptionRecord {
  readonly siteId: string | null;
  readonly subnetId: number | null;
  readonly machineId: number | null;
  readonly code: number;
  readonly hex: string;
}

/** What clients of a subnet are sent besides: the subnet's word goes before the site's, then all's. */
export function optionsOfSubnet(
  options: readonly OptionRecord[],
  subnetId: number,
): { code: number; hex: string }[] {
  const own = options.filter(({ machineId }) => machineId === null);
  const byWidth = [
    own.filter((each) => each.siteId === null && each.subnetId === null),
    own.filter((each) => each.siteId !== null),
    own.filter((each) => each.subnetId === subnetId),
  ];
  return inOrder(byWidth.flat());
}

/** What one machine is sent besides, before all of that. */
export function optionsOfMachine(
  options: readonly OptionRecord[],
  machineId: number,
): { code: number; hex: string }[] {
  return inOrder(options.filter((each) => each.machineId === machineId));
}

/** One of each code, the last one given; by code. */
function inOrder(options: readonly OptionRecord[]): { code: number; hex: string }[] {
  const byCode = new Map(options.map(({ code, hex }) => [code, hex]));
  return [...byCode].map(([code, hex]) => ({ code, hex })).toSorted((a, b) => a.code - b.code);
}
