import { createHash } from "node:crypto";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ContentCache } from "@/rack-agent/runtime/content_cache.ts";
import type { ServedFile } from "./file_messages.ts";
import { FileService } from "./file_service.ts";

const FILE = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7 + (i >> 8)) % 251);
const hashOf = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const SHA256 = hashOf(FILE);
const NAMED = { sha256: SHA256, bytes: FILE.length };

let folder = "";
let port = 0;
let cache: ContentCache;
let service: FileService;
let served: ServedFile[] = [];
/** What the origin answers, and how often it was asked. */
let origin: { asked: number; stream: ReadableStream<Uint8Array<ArrayBuffer>> };
let writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
const connections: Deno.TcpConn[] = [];

beforeEach(async () => {
  folder = await Deno.makeTempDir();
  served = [];
  const pipe = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>();
  writer = pipe.writable.getWriter();
  origin = { asked: 0, stream: pipe.readable };
  cache = new ContentCache({
    folder,
    fetcher: () => {
      origin.asked++;
      return Promise.resolve(origin.stream);
    },
    onCached: () => {},
  });
  port = freePort();
  service = new FileService({
    port,
    log: () => {},
    source: {
      watch: (sha256, tell) => {
        if (sha256 === SHA256) void cache.watch(NAMED, tell);
        else tell({ kind: "missing" });
      },
    },
    onServed: (event) => served.push(event),
  });
  await service.start();
});
afterEach(async () => {
  for (const connection of connections.splice(0)) {
    try {
      connection.close();
    } catch {
      // the test has closed it
    }
  }
  await service.stop();
  await Deno.remove(folder, { recursive: true });
});

const url = (path: string) => `http://127.0.0.1:${port}${path}`;
const image = () => url(`/images/${SHA256}/squashfs`);
const store = () => Deno.writeFile(`${folder}/${SHA256}`, FILE);
const bytesOf = async (response: Response) => new Uint8Array(await response.arrayBuffer());

test("a cached file is served whole, and onServed() hears of it", async () => {
  await store();
  const response = await fetch(image());
  expect(response.status).toBe(200);
  expect(response.headers.get("etag")).toBe(`"${SHA256}"`);
  expect(response.headers.get("content-length")).toBe(String(FILE.length));
  expect(await bytesOf(response)).toEqual(FILE);
  await until(() => served.length > 0);
  expect(served).toMatchObject([{ bytes: FILE.length, ipv4: "127.0.0.1" }]);
  expect(origin.asked).toBe(0);
});

test("a range is served as RFC 9110 says, and what has the file already gets nothing", async () => {
  await store();
  const range = (value: string, more = {}) =>
    fetch(image(), { headers: { range: value, ...more } });
  const middle = await range("bytes=1000-1999");
  expect(middle.status).toBe(206);
  expect(middle.headers.get("content-range")).toBe(`bytes 1000-1999/${FILE.length}`);
  expect(await bytesOf(middle)).toEqual(FILE.subarray(1000, 2000));
  expect(await bytesOf(await range("bytes=-5"))).toEqual(FILE.subarray(-5));
  const beyond = await range("bytes=300000-");
  expect([beyond.status, beyond.headers.get("content-range")]).toEqual([416, "bytes */300000"]);
  const other = await range("bytes=0-9", { "if-range": '"else"' });
  expect([other.status, (await bytesOf(other)).length]).toEqual([200, FILE.length]);
  const known = await fetch(image(), { headers: { "if-none-match": `"${SHA256}"` } });
  expect([known.status, await known.text()]).toEqual([304, ""]);
});

test("HEAD tells the length and sends nothing", async () => {
  await store();
  const response = await fetch(image(), { method: "HEAD" });
  expect(response.headers.get("content-length")).toBe(String(FILE.length));
  expect(await response.text()).toBe("");
});

test.each([
  ["an unknown hash", "GET", `/images/${"0".repeat(64)}/x`, 404],
  ["another path", "GET", "/etc/passwd", 404],
  ["a path that leads out", "GET", `/images/../${SHA256}`, 404],
  ["a write", "PUT", "/images/x", 405],
])("%s is refused", async (_, method, path, status) => {
  const response = await fetch(url(path), { method });
  await response.body?.cancel();
  expect(response.status).toBe(status);
});

test("requests sent together are answered in order on one connection", async () => {
  await store();
  const get = (range: string, more = "") =>
    `GET /images/${SHA256} HTTP/1.1\r\nRange: bytes=${range}\r\n${more}\r\n`;
  const text = await exchange(
    get("0-3") + get("0-0", "X: y\r\n") + get("1-1", "Connection: close\r\n"),
  );
  const ranges = [...text.matchAll(/content-range: bytes (\S+)\//g)].map(([, range]) => range);
  expect(ranges).toEqual(["0-3", "0-0", "1-1"]);
});

test("requests sent together for what is not here yet are answered in order too", async () => {
  const get = (method: string, more = "") =>
    `${method} /images/${SHA256} HTTP/1.1\r\n${more}Range: bytes=0-1\r\n\r\n`;
  const answer = exchange(get("GET") + get("HEAD", "Connection: close\r\n"));
  await writer.write(FILE);
  await writer.close();
  expect((await answer).match(/HTTP\/1.1 206/g)).toHaveLength(2);
});

test("noise is answered with 400 and the connection ends", async () => {
  expect(await exchange("\u0000\u0001 nonsense\r\n\r\n")).toContain("HTTP/1.1 400");
  expect(await exchange("x".repeat(9_000))).toContain("HTTP/1.1 431");
  await until(() => service.counters.connections === 0);
});

test("500 clients that ask for what is not here cost one fetch, and get it as it comes", async () => {
  const clients = Array.from({ length: 500 }, () => fetch(image()));
  await until(() => origin.asked > 0);
  await writer.write(FILE.slice(0, 100_000));
  const responses = await Promise.all(clients); // their heads, before the rest has come
  const bodies = responses.map(bytesOf);
  await writer.write(FILE.slice(100_000));
  await writer.close();
  for (const body of await Promise.all(bodies)) expect(hashOf(body)).toBe(SHA256);
  expect(origin.asked).toBe(1);
});

test("a file that turns out to be wrong is never handed out as complete", async () => {
  const wrong = FILE.map((byte, i) => i === FILE.length - 7 ? byte ^ 1 : byte);
  // Refused, when it is known before anything was sent; cut short, when after.
  const client = fetch(image())
    .then(async (response) => response.status === 200 ? await bytesOf(response) : response.status)
    .catch(() => "cut short");
  await until(() => origin.asked > 0);
  await writer.write(wrong);
  await writer.close();
  expect(["cut short", 503]).toContain(await client);
  const again = await fetch(image());
  await again.body?.cancel();
  expect(again.status).toBe(503); // the origin's stream is used up
});

test("an evicted file is let go of", async () => {
  await store();
  expect((await fetch(image())).body?.cancel()).toBeDefined();
  await until(() => openFiles() === 1);
  service.forget(SHA256);
  await until(() => openFiles() === 0);
});

test("start, stop, start again; a taken port is a refusal", async () => {
  await service.stop();
  await service.stop();
  await service.start();
  await store();
  expect((await bytesOf(await fetch(image()))).length).toBe(FILE.length);
  const second = new FileService({ port, log: () => {}, source: { watch: () => {} } });
  await expect(second.start()).rejects.toThrow(`listen on port ${port} failed: EADDRINUSE`);
});

/** Sends text on one connection, and reads until the other side closes. */
async function exchange(text: string): Promise<string> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  connections.push(connection);
  await connection.write(Uint8Array.from(text, (character) => character.charCodeAt(0)));
  const decoder = new TextDecoder("latin1");
  let answer = "";
  const buffer = new Uint8Array(65_536);
  for (;;) {
    const read = await connection.read(buffer).catch(() => null);
    if (read === null) return answer;
    answer += decoder.decode(buffer.subarray(0, read));
  }
}

/** Descriptors of this process on the cached file. */
function openFiles(): number {
  return [...Deno.readDirSync("/proc/self/fd")].filter(({ name }) => {
    try {
      return Deno.readLinkSync(`/proc/self/fd/${name}`).includes(SHA256);
    } catch {
      return false;
    }
  }).length;
}

/** A port that was free a moment ago. */
function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  listener.close();
  return listener.addr.port;
}

/** Waits for something another thread does, looking at every turn of the event loop. */
async function until(isSo: () => boolean): Promise<void> {
  for (let turns = 0; turns < 10_000 && !isSo(); turns++) {
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  expect(isSo()).toBe(true);
}
