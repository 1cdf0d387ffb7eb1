import { badData } from "./refusals.ts";

/** RFC 1035 §3.3: one string of a TXT record. */
const STRING_BYTES_MAX = 255;
/** What resolvers still take in one answer without trouble; DKIM keys need about 800. */
const TEXT_BYTES_MAX = 4_000;

/**
 * The text of a TXT record. Text in quotes is read as a zone file has it: `"v=spf1" " -all"` is
 * `v=spf1 -all`, with `\"`, `\\` and `\065` for what cannot stand there; any other is taken as it is.
 */
export function parseText(data: string): string {
  const text = data.startsWith('"') ? unquote(data) : data;
  const accepted = `1 to ${TEXT_BYTES_MAX} bytes of text without control characters, as it is or ` +
    'in quotes as in a zone file: "v=spf1 -all"';
  const bytes = text === undefined ? 0 : new TextEncoder().encode(text).length;
  // deno-lint-ignore no-control-regex -- control characters are what is refused
  if (text !== undefined && bytes > 0 && bytes <= TEXT_BYTES_MAX && !/[\x00-\x1f\x7f]/.test(text)) {
    return text;
  }
  throw badData(data, accepted);
}

/** As a zone file has it: strings of 255 bytes, RFC 1035 §5.1; what is not ASCII by its bytes. */
export function formatText(text: string): string {
  const bytes = new TextEncoder().encode(text);
  const strings: string[] = [];
  for (let at = 0; at < bytes.length; at += STRING_BYTES_MAX) {
    const part = [...bytes.subarray(at, at + STRING_BYTES_MAX)].map(formatByte).join("");
    strings.push(`"${part}"`);
  }
  return strings.join(" ");
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

function formatByte(byte: number): string {
  if (byte === QUOTE || byte === BACKSLASH) return `\\${String.fromCharCode(byte)}`;
  if (byte >= 0x20 && byte < 0x7f) return String.fromCharCode(byte);
  return `\\${String(byte).padStart(3, "0")}`;
}

/** Undefined when the quotes or what is between them are not right. */
function unquote(data: string): string | undefined {
  if (!/^"(?:[^"\\]|\\.)*"(?:\s+"(?:[^"\\]|\\.)*")*$/su.test(data)) return undefined;
  const bytes: number[] = [];
  const encoder = new TextEncoder();
  for (const [, inner = ""] of data.matchAll(/"((?:[^"\\]|\\.)*)"/gsu)) {
    for (const [part] of inner.matchAll(/\\\d{3}|\\.|[^\\]+/gsu)) {
      if (/^\\\d{3}$/.test(part)) {
        if (Number(part.slice(1)) > 255) return undefined;
        bytes.push(Number(part.slice(1)));
      } else bytes.push(...encoder.encode(part.startsWith("\\") ? part.slice(1) : part));
    }
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(new Uint8Array(bytes));
  } catch {
    return undefined; // bytes that are no text
  }
}
