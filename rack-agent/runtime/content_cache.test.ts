import { createHash } from "node:crypto";
import { afterEach, beforeEach, expect, test } from "vitest";
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
  const counted = cache((file, signal) => {
    fetches++;
    return sending(BYTES)(file, signal);
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
  const broken = cache((file, signal) => {
    if (fetches++ === 0) return Promise.reject(new Error("the link is down"));
    return sending(BYTES)(file, signal);
  });
  await expect(broken.ensure(FILE)).rejects.toThrow("the link is down");
  expect(await Deno.readFile(await broken.ensure(FILE))).toEqual(BYTES);
});
