import { answerFile } from "@/rack-agent/protocol/http/file_answer.ts";

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
  const answer = answerFile({
    ifNoneMatch: request.headers.get("if-none-match"),
    ifRange: request.headers.get("if-range"),
    range: request.headers.get("range"),
  }, file);
  const { status, headers, first, bytes } = answer;
  const hasBody = request.method === "GET" && (status === 200 || status === 206);
  const body = hasBody ? await fileBody(file.path, first, bytes, onSent) : null;
  return new Response(body, { status, headers });
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
