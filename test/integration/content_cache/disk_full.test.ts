import { createHash } from "node:crypto";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ContentCache } from "@/rack-agent/runtime/content_cache.ts";
import type { ContentFile } from "@/shared/contract/site_state.ts";

const KIB = 1024;
const DISK_KIB = 256;
let folder: string;
beforeEach(async () => {
  folder = await Deno.makeTempDir();
  await run("mount", "-t", "tmpfs", "-o", `size=${DISK_KIB}k`, "tmpfs", folder);
});
afterEach(async () => {
  await run("umount", folder);
  await Deno.remove(folder);
});

async function run(program: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(program, { args }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

const makeFile = (bytes: Uint8Array): ContentFile => ({
  sha256: createHash("sha256").update(bytes).digest("hex"),
  bytes: bytes.length,
});

test("on a full disk the file that has no room is told of, and the others are served", async () => {
  const small = new Uint8Array(64 * KIB).fill(1);
  const large = new Uint8Array(512 * KIB).fill(2);
  const full: unknown[] = [];
  const cache = new ContentCache({
    folder,
    fetcher: ({ bytes }, _, fromByte) =>
      Promise.resolve(
        ReadableStream.from([(bytes === small.length ? small : large).slice(fromByte)]),
      ),
    onCached: () => {},
    onDiskFull: (file, { code, message }) => full.push([file, code, message]),
  });
  const path = await cache.ensure(makeFile(small));
  cache.pin([makeFile(small).sha256]);
  const code = "content.disk_full";
  await expect(cache.ensure(makeFile(large))).rejects.toMatchObject({ code });
  expect(full).toEqual([[makeFile(large), code, expect.stringContaining("of 524288 bytes")]]);
  expect(await Deno.readFile(await cache.ensure(makeFile(small)))).toEqual(small);
  expect(path).toContain(makeFile(small).sha256);
});

test("what is needed stays on a disk that fills up, and what was used last goes last", async () => {
  const files = [1, 2, 3, 4].map((fill) => new Uint8Array(64 * KIB).fill(fill));
  const byHash = new Map(files.map((bytes) => [makeFile(bytes).sha256, bytes]));
  const cache = new ContentCache({
    folder,
    fetcher: ({ sha256 }, _, fromByte) =>
      Promise.resolve(ReadableStream.from([(byHash.get(sha256) ?? files[0]!).slice(fromByte)])),
    onCached: () => {},
  });
  const [first, second, third, fourth] = files.map(makeFile);
  cache.pin([first!.sha256]);
  for (const file of [first, second, third]) await cache.ensure(file!);
  const old = new Date("2026-01-01");
  await Deno.utime(`${folder}/${second!.sha256}`, old, old);
  await Deno.writeFile(`${folder}/other`, new Uint8Array(40 * KIB));
  const again = new ContentCache({
    folder,
    fetcher: () => Promise.resolve(ReadableStream.from([files[3]!])),
    onCached: () => {},
  });
  again.pin([first!.sha256]);
  await again.ensure(fourth!);
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name);
  expect(names.sort()).toEqual(
    [first, third, fourth].map((file) => file!.sha256).concat("other").sort(),
  );
});

test("a little is left for the journal, and parts that nobody completes go before whole files", async () => {
  const small = new Uint8Array(64 * KIB).fill(1);
  const next = new Uint8Array(96 * KIB).fill(2);
  const fills = new Uint8Array(128 * KIB).fill(3);
  const byHash = new Map([small, next, fills].map((bytes) => [makeFile(bytes).sha256, bytes]));
  const cache = new ContentCache({
    folder,
    fetcher: ({ sha256 }, _, fromByte) =>
      Promise.resolve(ReadableStream.from([(byHash.get(sha256) ?? small).slice(fromByte)])),
    onCached: () => {},
  });
  await cache.ensure(makeFile(small));
  const part = `${"e".repeat(64)}.part`;
  await Deno.writeFile(`${folder}/${part}`, new Uint8Array(100 * KIB));
  await cache.ensure(makeFile(next));
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name);
  expect(names.sort()).toEqual([makeFile(small).sha256, makeFile(next).sha256].sort());
  // 96 KiB are free; a twentieth of the disk is not for the cache.
  cache.pin(names);
  const whole = { ...makeFile(fills), bytes: 90 * KIB };
  await expect(cache.ensure(whole)).rejects.toMatchObject({ code: "content.disk_full" });
  await Deno.writeFile(`${folder}/journal`, new Uint8Array(80 * KIB));
});
