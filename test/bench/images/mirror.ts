import { createHash } from "node:crypto";
import { makeSigningPgpKey, publicPgpKey, signCleartext } from "@/region/tokens/openpgp.ts";

const MB = 1_000_000;
/** Of a release, about as Ubuntu's are. */
const FILES = { "boot-kernel": 15 * MB, "boot-initrd": 70 * MB, "squashfs": 450 * MB } as const;
const RELEASES = ["jammy", "noble"];
const BLOCK_BYTES = 65_536;

export interface Mirror {
  readonly url: string;
  readonly keyring: string;
  /** Of all files of images, each once. */
  readonly bytes: number;
  readonly hashes: readonly string[];
  /** Of those files, sent so far. */
  sentBytes(): number;
  stop(): Promise<void>;
}

/** A mirror of two releases below `folder`; `scale` makes its files smaller. */
export async function startMirror(folder: string, scale: number): Promise<Mirror> {
  const now = new Date();
  const privateKey = await makeSigningPgpKey("throw-away mirror", now);
  const products: Record<string, unknown> = {};
  const hashes: string[] = [];
  let bytes = 0;
  for (const release of RELEASES) {
    const items: Record<string, unknown> = {};
    for (const [ftype, size] of Object.entries(FILES)) {
      const path = `${release}/amd64/20260101/${ftype}`;
      const fileBytes = Math.round(size * scale);
      const sha256 = await writeRandom(`${folder}/${path}`, fileBytes);
      items[ftype] = { ftype, path, sha256, size: fileBytes };
      hashes.push(sha256);
      bytes += fileBytes;
    }
    products[`com.ubuntu.maas.stable:v3:boot:${release}:amd64:ga`] = {
      ...{ os: "ubuntu", release, arch: "amd64", subarch: "ga", label: "stable" },
      versions: { "20260101": { items } },
    };
  }
  const productsPath = "streams/v1/com.ubuntu.maas:stable:v3:download.sjson";
  const entry = { format: "products:1.0", datatype: "image-downloads", path: productsPath };
  const index = { format: "index:1.0", index: { "com.ubuntu.maas:stable:v3:download": entry } };
  const texts = new Map([
    ["streams/v1/index.sjson", JSON.stringify(index)],
    [productsPath, JSON.stringify({ format: "products:1.0", products })],
  ]);
  for (const [path, text] of texts) {
    texts.set(path, await signCleartext(text, { privateKey, now }));
  }
  let sent = 0;
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const path = decodeURIComponent(new URL(request.url).pathname.slice(1));
    const text = texts.get(path);
    if (text !== undefined) return new Response(text);
    return sendRange(`${folder}/${path}`, request, (count) => sent += count);
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}/`,
    keyring: await publicPgpKey(privateKey),
    bytes,
    hashes,
    sentBytes: () => sent,
    stop: () => server.shutdown(),
  };
}

async function writeRandom(path: string, bytes: number): Promise<string> {
  await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
  using file = await Deno.open(path, { write: true, create: true });
  const hash = createHash("sha256");
  const block = new Uint8Array(BLOCK_BYTES);
  for (let done = 0; done < bytes;) {
    const some = crypto.getRandomValues(block).subarray(0, bytes - done);
    hash.update(some);
    for (let written = 0; written < some.length;) {
      written += await file.write(some.subarray(written));
    }
    done += some.length;
  }
  return hash.digest("hex");
}

/** Counted as it is handed to the socket, whether it arrives or not. */
async function sendRange(
  path: string,
  request: Request,
  count: (bytes: number) => void,
): Promise<Response> {
  const [, from = "0", to = ""] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.get("range") ?? "") ??
    [];
  const file = await Deno.open(path).catch(() => undefined);
  if (!file) return new Response("", { status: 404 });
  const { size } = await file.stat();
  const first = Number(from);
  const last = to === "" ? size - 1 : Number(to);
  await file.seek(first, Deno.SeekMode.Start);
  let left = last - first + 1;
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      const buffer = new Uint8Array(Math.min(BLOCK_BYTES, left));
      const read = left > 0 ? await file.read(buffer) : null;
      if (read === null) {
        file.close();
        return controller.close();
      }
      left -= read;
      count(read);
      controller.enqueue(buffer.subarray(0, read));
    },
    cancel: () => file.close(),
  }, { highWaterMark: 0 });
  const headers = {
    "content-length": String(last - first + 1),
    "content-range": `bytes ${first}-${last}/${size}`,
  };
  return new Response(body, { status: 206, headers });
}
