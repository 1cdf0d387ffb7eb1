import { createHash } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Arrival, ContentCache } from "@/rack-agent/runtime/content_cache.ts";
import type { ContentFile } from "@/shared/contract/site_state.ts";
import { listCache } from "./cache/cache_commands.ts";
import { upstreamSource } from "./upstream_source.ts";

const CHUNK = 64 * 1024;
const BYTES = Uint8Array.from({ length: 3 * CHUNK + 5 }, (_, i) => (i * 7 + (i >> 8)) & 255);
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest();

/** A file in chunks, and the list of their hashes. */
function describeFile(bytes: Uint8Array): { file: ContentFile; hashes: Uint8Array } {
  const count = Math.ceil(bytes.length / CHUNK);
  const hashes = new Uint8Array(
    Array.from({ length: count }, (_, i) => [...sha256(bytes.slice(i * CHUNK, (i + 1) * CHUNK))])
      .flat(),
  );
  const chunks = { bytes: CHUNK, sha256: sha256(hashes).toString("hex") };
  return {
    file: { sha256: sha256(bytes).toString("hex"), bytes: bytes.length, chunks },
    hashes,
  };
}

type Answer = (request: Request, first: number) => Response;
/** As a web server does it that knows ranges. */
const whole = (bytes: Uint8Array<ArrayBuffer>): Answer => (_, first) =>
  first === 0 ? new Response(bytes) : new Response(bytes.slice(first), {
    status: 206,
    headers: { "content-range": `bytes ${first}-${bytes.length - 1}/${bytes.length}` },
  });

let folder: string;
let publisher: Deno.HttpServer<Deno.NetAddr>;
let answer: Answer;
let asked: { path: string; first: number; headers: Headers }[];
beforeEach(async () => {
  folder = await Deno.makeTempDir();
  asked = [];
  answer = whole(BYTES);
  publisher = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const [, first = "0"] = /bytes=(\d+)-$/.exec(request.headers.get("range") ?? "") ?? [];
    const { pathname: path } = new URL(request.url);
    asked.push({ path, first: Number(first), headers: request.headers });
    return answer(request, Number(first));
  });
});
afterEach(async () => {
  await publisher.shutdown();
  await Deno.remove(folder, { recursive: true });
});

const { file, hashes } = describeFile(BYTES);
const published = (path = "squashfs", one = file): ContentFile => ({
  ...one,
  upstreamUrl: `http://127.0.0.1:${publisher.addr.port}/${path}`,
});

/** A cache beside that publisher, and a region that has everything. */
function makeCache({ paceMs }: { paceMs?: number } = {}) {
  const regionAsked: number[] = [];
  const arrivals: Arrival[] = [];
  const cache = new ContentCache({
    folder,
    fetcher: (_, __, fromByte) => {
      regionAsked.push(fromByte);
      return Promise.resolve(ReadableStream.from([BYTES.slice(fromByte)]));
    },
    fetchChunkHashes: () => Promise.resolve(hashes),
    upstream: upstreamSource({ clock: { nowMs: () => 0 }, log: () => {}, paceMs }),
    onCached: (_, arrival) => arrivals.push(arrival),
  });
  return { cache, regionAsked, arrivals };
}

async function originInList() {
  return (await listCache(folder, undefined)).map(({ origin }) => origin);
}

test("a file comes from its publisher, with nothing secret in the request", async () => {
  const { cache, regionAsked, arrivals } = makeCache();
  expect(await Deno.readFile(await cache.ensure(published()))).toEqual(BYTES);
  expect([regionAsked, asked.length]).toEqual([[], 1]);
  expect(arrivals).toMatchObject([{ origin: "upstream" }]);
  expect(arrivals[0]).not.toHaveProperty("upstreamProblem");
  expect(await originInList()).toEqual(["upstream"]);
  for (const name of ["authorization", "dpop", "cookie"]) {
    expect(asked[0]?.headers.get(name)).toBeNull();
  }
});

test("without its chunks, or an address, it comes from the region", async () => {
  const { cache, regionAsked, arrivals } = makeCache();
  await cache.ensure({ ...published(), chunks: undefined });
  expect([regionAsked, asked.length]).toEqual([[0], 0]);
  expect(arrivals).toMatchObject([{ origin: "region" }]);
  expect(await originInList()).toEqual(["region"]);
});

test("what is wrong at the publisher is passed on to nobody, and comes from the region", async () => {
  const wrong = BYTES.slice();
  wrong[2 * CHUNK + 9]! ^= 1; // in the third chunk; the array is as long as BYTES
  answer = whole(wrong);
  const { cache, regionAsked, arrivals } = makeCache();
  const ready: Uint8Array[] = [];
  await cache.watch(published(), (progress) => {
    if (progress.kind !== "here") return;
    ready.push(Deno.readFileSync(progress.path).slice(0, progress.readyBytes));
  });
  expect(await Deno.readFile(await cache.ensure(published()))).toEqual(BYTES);
  expect(regionAsked).toEqual([2 * CHUNK]);
  expect(ready.length).toBeGreaterThan(0);
  for (const passedOn of ready) expect(passedOn).toEqual(BYTES.slice(0, passedOn.length));
  expect(arrivals).toMatchObject([{
    origin: "both",
    upstreamProblem: expect.stringContaining("chunk 2"),
  }]);
  expect(await originInList()).toEqual(["both"]);
});

describe("a publisher that", () => {
  const endless = () => {
    const pieces = function* () {
      yield BYTES;
      for (;;) yield BYTES;
    };
    return new Response(ReadableStream.from(pieces()));
  };
  const gzipped = () =>
    new Response(new Blob([BYTES]).stream().pipeThrough(new CompressionStream("gzip")), {
      headers: { "content-encoding": "gzip" },
    });
  test.each<[string, Answer, string]>([
    ["has another file", () => new Response("something else"), "has 14 bytes, not 196613"],
    ["has it no more", () => new Response("", { status: 404 }), "answered 404"],
    ["is down", () => new Response("", { status: 503 }), "answered 503"],
    ["leads elsewhere", () => Response.redirect("http://127.0.0.1:1/", 302), "answered 302"],
    ["compresses", gzipped, "came as gzip, unasked"],
    ["sends without end", endless, "more than 196613 bytes came"],
    [
      "sends another part",
      () => new Response("x", { status: 206, headers: { "content-range": "bytes 5-5/196613" } }),
      "was asked for bytes from 0",
    ],
  ])("%s is replaced by the region", async (_, answers, problem) => {
    answer = answers;
    const { cache, arrivals } = makeCache();
    expect(await Deno.readFile(await cache.ensure(published()))).toEqual(BYTES);
    expect(arrivals).toMatchObject([{ upstreamProblem: expect.stringContaining(problem) }]);
  });

  test("is too slow is given up", async () => {
    answer = () => new Response(new ReadableStream({ start: (c) => c.enqueue(BYTES.slice(0, 9)) }));
    const { cache, regionAsked, arrivals } = makeCache({ paceMs: 50 });
    expect(await Deno.readFile(await cache.ensure(published()))).toEqual(BYTES);
    expect(regionAsked).toEqual([0]);
    expect(arrivals).toMatchObject([{
      origin: "region",
      upstreamProblem: expect.stringContaining("sent less than"),
    }]);
  });

  test("breaks off is asked for the rest", async () => {
    answer = (request, first) => {
      if (first > 0) return whole(BYTES)(request, first);
      let sent = false;
      const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
        pull(controller) {
          if (sent) return controller.error(new Error("the line is cut"));
          sent = true;
          controller.enqueue(BYTES.slice(0, CHUNK + 3));
        },
      }, { highWaterMark: 0 });
      return new Response(body);
    };
    const { cache, regionAsked, arrivals } = makeCache();
    expect(await Deno.readFile(await cache.ensure(published()))).toEqual(BYTES);
    expect([regionAsked, asked.length, asked[1]!.first > 0]).toEqual([[], 2, true]); // two, by then
    expect(arrivals).toMatchObject([{ origin: "upstream" }]);
  });
});

test("a publisher that is down is left alone for ten minutes, one without a file is not", async () => {
  let nowMs = 0;
  const upstream = upstreamSource({ clock: { nowMs: () => nowMs }, log: () => {} });
  const fail = async (status: number) => {
    answer = () => new Response("", { status });
    const { signal } = new AbortController();
    await upstream.fetcher(published(), signal, 0).then(
      () => expect.unreachable(),
      (error) => upstream.noteFailure(published(), error),
    );
  };
  await fail(404);
  expect(upstream.isAsked(published())).toBe(true);
  await fail(503);
  expect(upstream.isAsked(published("another"))).toBe(false);
  nowMs += 10 * 60_000;
  expect(upstream.isAsked(published())).toBe(true);
});
