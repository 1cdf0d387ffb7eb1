import { parseByteRange } from "@/rack-agent/protocol/http/byte_range.ts";

const CHUNK_BYTES = 256 * 1024;

/**
 * Serves a file whose name is the hash of its content: GET and HEAD, one range, a strong ETag.
 *
 * `onSent` hears how many bytes of the body were taken, once, when it ended or was given up.
 */
export async function fileResponse(
  request: Request,
  file: { path: string; bytes: number; etag: string },
  onSent: (bytes: number) => void,
): Promise<Response> {
  const headers = new Headers({
    "accept-ranges": "bytes",
    "content-type": "application/octet-stream",
    etag: `"${file.etag}"`,
  });
  if (request.headers.get("if-none-match") === `"${file.etag}"`) {
    return new Response(null, { status: 304, headers });
  }
  const range = parseByteRange(rangeHeader(request, file.etag), file.bytes);
  if (range === "unsatisfiable") {
    headers.set("content-range", `bytes */${file.bytes}`);
    return new Response(null, { status: 416, headers });
  }
  const { first, last } = range ?? { first: 0, last: file.bytes - 1 };
  const status = range ? 206 : 200;
  if (range) headers.set("content-range", `bytes ${first}-${last}/${file.bytes}`);
  headers.set("content-length", String(last - first + 1));
  if (request.method === "HEAD") return new Response(null, { status, headers });
  return new Response(await fileBody(file.path, first, last - first + 1, onSent), {
    status,
    headers,
  });
}

/** A range only holds for the version that the client has a part of (RFC 9110 §13.1.5). */
function rangeHeader(request: Request, etag: string): string | null {
  const condition = request.headers.get("if-range");
  return condition === null || condition === `"${etag}"` ? request.headers.get("range") : null;
}

async function fileBody(
  path: string,
  offset: number,
  bytes: number,
  onSent: (bytes: number) => void,
): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  const file = await Deno.open(path, { read: true });
  await file.seek(offset, Deno.SeekMode.Start);
  let left = bytes;
  const end = () => {
    file.close();
    onSent(bytes - left);
  };
  return new ReadableStream({
    async pull(controller) {
      const chunk = new Uint8Array(Math.min(CHUNK_BYTES, left));
      const read = left > 0 ? await file.read(chunk) : null;
      if (read === null) {
        end();
        return controller.close();
      }
      left -= read;
      controller.enqueue(chunk.subarray(0, read));
    },
    cancel: end,
  }, { highWaterMark: 1 });
}
