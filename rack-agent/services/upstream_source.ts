import type { Clock } from "@/rack-agent/runtime/clock.ts";
import type { Upstream } from "@/rack-agent/runtime/content_cache.ts";
import { errorText, type Log } from "@/rack-agent/runtime/log.ts";
import { skipBytes } from "@/rack-agent/runtime/skip_bytes.ts";
import type { ContentFile } from "@/shared/contract/site_state.ts";

/** A publisher that did not help is left alone for so long: every file would wait for it again. */
const LEFT_ALONE_MS = 10 * 60_000;
/** Slower than this much in so long, the region is asked for the rest. */
const PACE_BYTES = 256 * 1024;
const PACE_MS = 30_000;

/**
 * Fetches images from who publishes them, at the addresses in the site's state.
 *
 * Without credentials, and nowhere else than there: redirects are not followed. Through a proxy where
 * the environment names one.
 */
export function upstreamSource(
  { clock, log, paceMs = PACE_MS }: {
    readonly clock: Pick<Clock, "nowMs">;
    readonly log: Log;
    readonly paceMs?: number;
  },
): Upstream {
  const leftAloneUntilMs = new Map<string, number>();
  return {
    fetcher: (file, signal, fromByte) => fetchFrom(file, { signal, fromByte, paceMs }),
    isAsked({ upstreamUrl }) {
      if (upstreamUrl === undefined) return false;
      return clock.nowMs() >= (leftAloneUntilMs.get(new URL(upstreamUrl).origin) ?? 0);
    },
    noteFailure({ sha256, upstreamUrl = "" }, error) {
      const reason = errorText(error);
      if (!(error instanceof FileRefused)) {
        leftAloneUntilMs.set(new URL(upstreamUrl).origin, clock.nowMs() + LEFT_ALONE_MS);
      }
      log("content.upstream_failed", { sha256, url: upstreamUrl, reason, next: "the region" });
      return reason;
    },
  };
}

/** This file cannot be had there; others can, perhaps: publishers remove old versions. */
class FileRefused extends Error {
  override readonly name = "FileRefused";
}

async function fetchFrom(
  { upstreamUrl: url = "", bytes }: ContentFile,
  { signal, fromByte, paceMs }: { signal: AbortSignal; fromByte: number; paceMs: number },
): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  const pace = startPace(url, paceMs);
  try {
    const response = await fetch(url, {
      signal: AbortSignal.any([signal, pace.signal]),
      redirect: "manual",
      headers: {
        "accept-encoding": "identity",
        ...(fromByte === 0 ? {} : { range: `bytes=${fromByte}-` }),
      },
    });
    const fault = faultOf(response, { bytes, fromByte });
    if (fault !== undefined || !response.body) {
      await response.body?.cancel();
      const { status } = response;
      const why = `${url} ${fault ?? "sent no body"}`;
      // RFC 9110 §15.6, RFC 6585 §4: these two are about the server.
      throw status >= 500 || status === 429 ? new Error(why) : new FileRefused(why);
    }
    const body = ReadableStream.from(pace.watch(response.body));
    return response.status === 206 ? body : body.pipeThrough(skipBytes(fromByte));
  } catch (error) {
    pace.end();
    throw pace.signal.aborted ? pace.signal.reason : error;
  }
}

/** What speaks against an answer, as the end of a sentence; undefined: nothing. */
function faultOf(
  { status, headers }: Response,
  { bytes, fromByte }: { bytes: number; fromByte: number },
): string | undefined {
  if (status !== 200 && status !== 206) return `answered ${status}, not 200 or 206`;
  const encoding = headers.get("content-encoding") ?? "identity";
  if (encoding !== "identity") return `came as ${encoding}, unasked`;
  const told = headers.get("content-range");
  // RFC 9110 §14.4
  const [, first, total] = /^bytes (\d+)-\d+\/(\d+)$/.exec(told ?? "") ?? [];
  if (status === 206 && Number(first) !== fromByte) {
    return `was asked for bytes from ${fromByte} and sent "${told}"`;
  }
  const length = status === 206 ? total : headers.get("content-length");
  if (length === null || length === undefined || Number(length) === bytes) return undefined;
  return `has ${length} bytes, not ${bytes}`;
}

/** Ends what comes too slowly, or not at all. */
function startPace(url: string, paceMs: number) {
  const slow = new AbortController();
  const start = () =>
    setTimeout(
      () => slow.abort(new Error(`${url} sent less than ${PACE_BYTES} bytes in ${paceMs} ms`)),
      paceMs,
    );
  let timer = start();
  const end = () => clearTimeout(timer);
  async function* watch(body: ReadableStream<Uint8Array<ArrayBuffer>>) {
    let bytes = 0;
    try {
      for await (const piece of body) {
        bytes += piece.length;
        if (bytes >= PACE_BYTES) {
          end();
          timer = start();
          bytes = 0;
        }
        yield piece;
      }
    } finally {
      end();
    }
  }
  return { signal: slow.signal, end, watch };
}
