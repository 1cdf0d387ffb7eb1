import { parseByteRange } from "./byte_range.ts";

/** What of a request decides which part of a file is its answer. */
export interface FileConditions {
  readonly ifNoneMatch: string | null;
  readonly ifRange: string | null;
  readonly range: string | null;
}

/** Which part of a file to send, with which headers; lengths in bytes. */
export interface FileAnswer {
  readonly status: 200 | 206 | 304 | 416;
  readonly headers: Readonly<Record<string, string>>;
  readonly first: number;
  readonly bytes: number;
}

/** Answers for a file whose content never changes; `etag` without its quotes (RFC 9110). */
export function answerFile(
  { ifNoneMatch, ifRange, range }: FileConditions,
  file: { readonly bytes: number; readonly etag: string },
): FileAnswer {
  const etag = `"${file.etag}"`;
  const headers = { "accept-ranges": "bytes", etag };
  if (ifNoneMatch === etag) return { status: 304, headers, first: 0, bytes: 0 };
  // A range only holds for the version that the client has a part of (RFC 9110 §13.1.5).
  const isRangeValid = ifRange === null || ifRange === etag;
  const part = parseByteRange(isRangeValid ? range : null, file.bytes);
  if (part === "unsatisfiable") {
    const contentRange = { "content-range": `bytes */${file.bytes}`, "content-length": "0" };
    return { status: 416, headers: { ...headers, ...contentRange }, first: 0, bytes: 0 };
  }
  const { first, last } = part ?? { first: 0, last: file.bytes - 1 };
  const bytes = last - first + 1;
  const full = {
    ...headers,
    "content-type": "application/octet-stream",
    "content-length": String(bytes),
  };
  return part
    ? {
      status: 206,
      headers: { ...full, "content-range": `bytes ${first}-${last}/${file.bytes}` },
      first,
      bytes,
    }
    : { status: 200, headers: full, first, bytes };
}
