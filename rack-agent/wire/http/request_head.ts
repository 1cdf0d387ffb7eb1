import { DecodeError } from "@/rack-agent/wire/byte_reader.ts";

export interface RequestHead {
  /** As sent; methods are case-sensitive. */
  readonly method: string;
  /** From the first slash on, without a query; escapes are left as they are. */
  readonly path: string;
  /** By name in lower case; the first of several counts. */
  readonly headers: ReadonlyMap<string, string>;
  /** Whether the connection stays open after the answer (RFC 9112 §9.3). */
  readonly isPersistent: boolean;
}

/** A longer head is refused; firmware and boot programs send a few hundred bytes. */
export const HEAD_BYTES_MAX = 8_192;
const HEADERS_MAX = 64;
const CR = 13;
const LF = 10;

/** How long the head is, its empty line included; undefined while its end has not come. */
export function headBytes(bytes: Uint8Array): number | undefined {
  for (let i = 3; i < bytes.length; i++) {
    if (bytes[i] !== LF || bytes[i - 1] !== CR) continue;
    if (bytes[i - 2] === LF && bytes[i - 3] === CR) return i + 1;
  }
  return undefined;
}

/** Reads a whole head, its empty line included. Throws DecodeError. */
export function decodeRequestHead(bytes: Uint8Array): RequestHead {
  if (bytes.length > HEAD_BYTES_MAX) throw new DecodeError(HEAD_BYTES_MAX, "head too long");
  const [requestLine = "", ...lines] = latin1(bytes).slice(0, -4).split("\r\n");
  const [, method, target, minor] =
    /^([!#$%&'*+.^_`|~\w-]{1,32}) ([\x21-\x7e]{1,2048}) HTTP\/1\.([01])$/.exec(requestLine) ?? [];
  if (method === undefined || target === undefined) {
    throw new DecodeError(0, "not a request line of HTTP/1.1");
  }
  if (lines.length > HEADERS_MAX) throw new DecodeError(0, `more than ${HEADERS_MAX} headers`);
  const headers = headersOf(lines);
  const connection = (headers.get("connection") ?? "").toLowerCase();
  const isPersistent = minor === "1"
    ? !/\bclose\b/.test(connection)
    : /\bkeep-alive\b/.test(connection);
  return { method, path: pathOf(target), headers, isPersistent };
}

/** Origin form or, as proxies and some firmware send it, absolute form (RFC 9112 §3.2). */
function pathOf(target: string): string {
  const path = /^(?:https?:\/\/[^/?#]*)?(\/[^?#]*)/i.exec(target)?.[1];
  if (path === undefined) throw new DecodeError(0, "the target is not a path");
  return path;
}

function headersOf(lines: readonly string[]): Map<string, string> {
  const headers = new Map<string, string>();
  for (const line of lines) {
    // No space before the colon and no folded lines: RFC 9112 §5.
    const [, name, value] = /^([!#$%&'*+.^_`|~\w-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)$/
      .exec(line) ?? [];
    if (name === undefined || value === undefined) throw new DecodeError(0, "malformed header");
    const key = name.toLowerCase();
    if (!headers.has(key)) headers.set(key, value.trimEnd());
  }
  return headers;
}

function latin1(bytes: Uint8Array): string {
  return new TextDecoder("latin1").decode(bytes);
}
