import { isPassing, sourceFault, sourceUnreachable } from "./source_faults.ts";

/** What a source answered to one request. */
export interface SourceAnswer {
  /** Of the file, where the body begins: 0, unless the source heeded the range. */
  readonly first: number;
  /** The body is the file and not a part of it. */
  readonly isWhole: boolean;
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>>;
}

/**
 * Begins to read a file of a source, from `range.first` on where the source can.
 *
 * Redirects are not followed, for they could lead anywhere, and no compression is taken: what is
 * hashed and counted has to be the file itself. Throws `image_source.unreachable` when another try
 * may help, `image_source.file_missing` or `image_source.malformed_answer` when it will not.
 */
export async function openSource(
  url: string,
  { signal, range, totalBytes }: {
    signal: AbortSignal;
    range?: { first: number; last: number };
    totalBytes?: number;
  },
): Promise<SourceAnswer> {
  const headers: Record<string, string> = { "accept-encoding": "identity" };
  if (range) headers.range = `bytes=${range.first}-${range.last}`;
  let response;
  try {
    response = await fetch(url, { signal, redirect: "manual", headers });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw sourceUnreachable(`${url} cannot be read: ${why}`, cause);
  }
  const { body } = response;
  try {
    const first = startOf(response, url, { range, totalBytes });
    if (body) return { first, body, isWhole: response.status === 200 };
    throw sourceUnreachable(`${url} answered ${response.status} without a body`);
  } catch (error) {
    await body?.cancel().catch(() => {});
    throw error;
  }
}

function startOf(
  { status, headers }: Response,
  url: string,
  { range, totalBytes }: { range?: { first: number; last: number }; totalBytes?: number },
): number {
  const encoding = headers.get("content-encoding");
  if (encoding !== null && encoding !== "identity") {
    throw sourceFault("image_source.malformed_answer", `${url} came as ${encoding}, unasked`);
  }
  if (status === 200) {
    checkTotal(url, Number(headers.get("content-length") ?? NaN), totalBytes);
    return 0;
  }
  if (status === 206 && range) {
    // RFC 9110 §14.4
    const told = headers.get("content-range") ?? "";
    const [, first, , total] = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(told) ?? [];
    if (first === undefined || Number(first) !== range.first) {
      const message = `${url} was asked for bytes from ${range.first} and sent "${told}"`;
      throw sourceFault("image_source.malformed_answer", message);
    }
    checkTotal(url, Number(total), totalBytes);
    return range.first;
  }
  if (status === 416) {
    checkTotal(url, Number(/\/(\d+)$/.exec(headers.get("content-range") ?? "")?.[1]), totalBytes);
  }
  if (isPassing(status)) throw sourceUnreachable(`${url} answered ${status}`);
  throw sourceFault("image_source.file_missing", `${url} answered ${status}, not 200`);
}

/** NaN where the source does not tell: then the bytes are counted as they come. */
function checkTotal(url: string, told: number, expected: number | undefined): void {
  if (expected === undefined || Number.isNaN(told) || told === expected) return;
  throw sourceFault("image_source.file_differs", `${url} has ${told} bytes, not ${expected}`);
}
