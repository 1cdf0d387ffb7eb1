import { createHash } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ContentFile } from "@/shared/contract/site_state.ts";
import { ContentCache, type Fetcher } from "./content_cache.ts";

let folder: string;
beforeEach(async () => {
  folder = await Deno.makeTempDir();
});
afterEach(() => Deno.remove(folder, { recursive: true }));

const BYTES = new TextEncoder().encode("a kernel, say");
const FILE: ContentFile = {
  sha256: createHash("sha256").update(BYTES).digest("hex"),
  bytes: BYTES.length,
};

function cache(fetcher: Fetcher): ContentCache {
  return new ContentCache({ folder, fetcher, onCached: () => {} });
}

function sending(...chunks: Uint8Array<ArrayBuffer>[]): Fetcher {
  return () => Promise.resolve(ReadableStream.from(chunks));
}

test("ensure() fetches once however many ask", async () => {
  let fetches = 0;
  const counted = cache((file, signal, fromByte) => {
    fetches++;
    return sending(BYTES)(file, signal, fromByte);
  });
  const paths = await Promise.all(Array.from({ length: 50 }, () => counted.ensure(FILE)));
  expect(fetches).toBe(1);
  expect(new Set(paths).size).toBe(1);
  expect(await Deno.readFile(paths[0] ?? "")).toEqual(BYTES);
  await counted.ensure(FILE);
  expect(fetches).toBe(1);
});

test.each([
  ["other bytes", sending(new TextEncoder().encode("a kernel, sax"))],
  ["too few bytes", sending(BYTES.slice(0, 5))],
  ["bytes without end", sending(BYTES, BYTES, BYTES)],
])("%s are refused, and leave nothing behind", async (_, fetcher) => {
  await expect(cache(fetcher).ensure(FILE)).rejects.toMatchObject({ code: "content.mismatch" });
  expect([...Deno.readDirSync(folder)]).toEqual([]);
});

test("a fetch that breaks off is made again by the next who asks", async () => {
  let fetches = 0;
  const broken = cache((file, signal, fromByte) => {
    if (fetches++ === 0) return Promise.reject(new Error("the link is down"));
    return sending(BYTES)(file, signal, fromByte);
  });
  await expect(broken.ensure(FILE)).rejects.toThrow("the link is down");
  expect(await Deno.readFile(await broken.ensure(FILE))).toEqual(BYTES);
});

describe("a fetch that was cut", () => {
  const from = (fromByte: number) => Promise.resolve(ReadableStream.from([BYTES.slice(fromByte)]));
  const cutAfter = (bytes: number, error: Error) => {
    let sent = false;
    return new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull(controller) {
        if (sent) return controller.error(error);
        sent = true;
        controller.enqueue(BYTES.slice(0, bytes));
      },
    }, { highWaterMark: 0 });
  };

  test("goes on at once from where it was, while something comes", async () => {
    const asked: number[] = [];
    const flaky = cache((_, __, fromByte) => {
      asked.push(fromByte);
      if (fromByte === 0) return Promise.resolve(cutAfter(4, new Error("the link is down")));
      return from(fromByte);
    });
    expect(await Deno.readFile(await flaky.ensure(FILE))).toEqual(BYTES);
    expect(asked).toEqual([0, 4]);
  });

  test("goes on after a restart from what was there", async () => {
    await Deno.writeFile(`${folder}/${FILE.sha256}.part`, BYTES.slice(0, 6));
    const asked: number[] = [];
    const again = cache((_, __, fromByte) => {
      asked.push(fromByte);
      return from(fromByte);
    });
    expect(await Deno.readFile(await again.ensure(FILE))).toEqual(BYTES);
    expect(asked).toEqual([6]);
  });

  test.each([
    ["more than there can be", new Uint8Array([...BYTES, ...BYTES])],
    ["as much, and none of it right", BYTES.map((byte) => byte ^ 1)],
  ])("begins anew where there was %s", async (_, part) => {
    await Deno.writeFile(`${folder}/${FILE.sha256}.part`, part);
    const again = cache((_, __, fromByte) => from(fromByte));
    expect(await Deno.readFile(await again.ensure(FILE))).toEqual(BYTES);
  });
});

describe("a file in chunks", () => {
  const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest();
  const pieces = [BYTES.slice(0, 5), BYTES.slice(5, 10), BYTES.slice(10)];
  const list = new Uint8Array(pieces.flatMap((piece) => [...sha256(piece)]));
  const chunked = { ...FILE, chunks: { bytes: 5, sha256: sha256(list).toString("hex") } };
  const cacheOf = (fetcher: Fetcher, hashes: Uint8Array = list) =>
    new ContentCache({
      folder,
      fetcher,
      fetchChunkHashes: () => Promise.resolve(hashes),
      onCached: () => {},
    });

  test("is passed on only up to the end of the last chunk that is right", async () => {
    const wrong = BYTES.slice();
    wrong[7]! ^= 1; // in the second chunk; the array is as long as BYTES
    const ready: number[] = [];
    const flipped = cacheOf((_, __, n) => Promise.resolve(ReadableStream.from([wrong.slice(n)])));
    await flipped.watch(chunked, (progress) => {
      if (progress.kind === "here") ready.push(progress.readyBytes);
    });
    await expect(flipped.ensure(chunked)).rejects.toMatchObject({ code: "content.mismatch" });
    expect(Math.max(0, ...ready)).toBe(0); // all came at once, and none of it was told of
    const part = await Deno.readFile(`${folder}/${FILE.sha256}.part`);
    expect(part).toEqual(BYTES.slice(0, 5));
    const asked: number[] = [];
    const path = await cacheOf((_, __, n) => {
      asked.push(n);
      return Promise.resolve(ReadableStream.from([BYTES.slice(n)]));
    }).ensure(chunked);
    expect([asked, await Deno.readFile(path)]).toEqual([[5], BYTES]);
  });

  test("is not begun with a list that is not the one named", async () => {
    const other = list.slice();
    other[0]! ^= 1;
    await expect(cacheOf(() => Promise.reject(new Error("never asked")), other).ensure(chunked))
      .rejects.toMatchObject({ code: "content.mismatch" });
  });
});
