/** A folder served over HTTP, as an image mirror would. */
export interface StreamsServer {
  /** Without a slash at the end. */
  readonly url: string;
  stop(): Promise<void>;
}

/** Serves `folder` on a free port of the loopback interface: GET and HEAD, single ranges, no lists. */
export function serveFolder(folder: string): StreamsServer {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => answer(folder, request),
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    stop: () => server.shutdown(),
  };
}

async function answer(folder: string, request: Request): Promise<Response> {
  if (request.method !== "GET" && request.method !== "HEAD") return refusal(405);
  const path = safePath(new URL(request.url).pathname);
  const file = path === undefined ? undefined : await openFile(`${folder}/${path}`);
  if (!file) return refusal(404);
  const range = parseRange(request.headers.get("range"), file.bytes);
  if (range === "unsatisfiable" || request.method === "HEAD") file.handle.close();
  if (range === "unsatisfiable") {
    return new Response(null, {
      status: 416,
      headers: { "content-range": `bytes */${file.bytes}` },
    });
  }
  const { first, last } = range ?? { first: 0, last: file.bytes - 1 };
  const headers = new Headers({
    "accept-ranges": "bytes",
    "content-length": String(last - first + 1),
    "content-type": "application/octet-stream",
  });
  if (range) headers.set("content-range", `bytes ${first}-${last}/${file.bytes}`);
  const body = request.method === "HEAD" ? null : await bytesOf(file.handle, first, last);
  return new Response(body, { status: range ? 206 : 200, headers });
}

function refusal(status: number): Response {
  return new Response(null, { status });
}

/** The path below the folder; undefined for one that could leave it. */
export function safePath(pathname: string): string | undefined {
  let decoded;
  try {
    decoded = decodeURIComponent(pathname);
  } catch {
    return undefined; // a stray percent sign
  }
  const parts = decoded.split("/").filter((part) => part !== "");
  const isSafe = parts.every((part) => part !== ".." && !part.includes("\0"));
  return isSafe && parts.length > 0 ? parts.join("/") : undefined;
}

export interface ByteRange {
  readonly first: number;
  /** Inclusive, as in the header. */
  readonly last: number;
}

/** RFC 9110 §14.1.2; several ranges and other units are ignored, which the RFC allows. */
export function parseRange(
  header: string | null,
  bytes: number,
): ByteRange | "unsatisfiable" | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? "");
  if (!match || (match[1] === "" && match[2] === "")) return undefined;
  if (match[1] === "") {
    const suffix = Math.min(Number(match[2]), bytes);
    return suffix === 0 ? "unsatisfiable" : { first: bytes - suffix, last: bytes - 1 };
  }
  const first = Number(match[1]);
  const last = match[2] === "" ? bytes - 1 : Math.min(Number(match[2]), bytes - 1);
  if (match[2] !== "" && Number(match[2]) < first) return undefined;
  return first >= bytes ? "unsatisfiable" : { first, last };
}

async function openFile(path: string): Promise<{ handle: Deno.FsFile; bytes: number } | undefined> {
  try {
    const handle = await Deno.open(path);
    const { size, isFile } = await handle.stat();
    if (isFile) return { handle, bytes: size };
    handle.close();
    return undefined;
  } catch {
    return undefined;
  }
}

async function bytesOf(
  handle: Deno.FsFile,
  first: number,
  last: number,
): Promise<ReadableStream<Uint8Array>> {
  await handle.seek(first, Deno.SeekMode.Start);
  let left = last - first + 1;
  const limit = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      const part = chunk.subarray(0, left);
      left -= part.length;
      controller.enqueue(part);
      if (left === 0) controller.terminate();
    },
  });
  return handle.readable.pipeThrough(limit);
}
