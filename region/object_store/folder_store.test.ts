import { expect, test } from "vitest";
import { objectStoreConformance } from "@/test/conformance/object_store.ts";
import { openFolderStore } from "./folder_store.ts";

async function makeFolder(): Promise<{ folder: string; dispose: () => Promise<void> }> {
  const folder = await Deno.makeTempDir({ prefix: "rackwright-store-" });
  return { folder, dispose: () => Deno.remove(folder, { recursive: true }) };
}

objectStoreConformance("the folder store", async () => {
  const { folder, dispose } = await makeFolder();
  return { store: await openFolderStore(folder), dispose };
});

test("the folder store keeps its objects and their etags over a restart", async () => {
  const { folder, dispose } = await makeFolder();
  const before = await openFolderStore(folder);
  const put = await before.put("sites/s-1/state", new TextEncoder().encode("hello"));
  const after = await openFolderStore(folder);
  expect(await after.head("sites/s-1/state")).toEqual(put);
  // The SHA-256 of "hello", from FIPS 180-4 tools at large.
  expect(put?.etag).toBe("2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
  await dispose();
});

test("the folder store leaves nothing half written behind", async () => {
  const { folder, dispose } = await makeFolder();
  await Deno.mkdir(`${folder}/.incoming`, { recursive: true });
  await Deno.writeTextFile(`${folder}/.incoming/from-a-crash`, "half");
  const store = await openFolderStore(folder);
  await store.put("a", new Uint8Array(3), { ifEtag: "refused" });
  await store.put("a", new Uint8Array(3));
  expect([...Deno.readDirSync(`${folder}/.incoming`)]).toEqual([]);
  await dispose();
});

for (const replacement of ["restored", "new"]) {
  test(`the folder store notices a file that was replaced by hand with "${replacement}"`, async () => {
    const { folder, dispose } = await makeFolder();
    const store = await openFolderStore(folder);
    const put = await store.put("a", new TextEncoder().encode("old"));
    await Deno.writeTextFile(`${folder}/a`, replacement);
    await Deno.utime(`${folder}/a`, 1_000_000_000, 1_000_000_000);
    expect((await store.head("a"))?.etag).not.toBe(put?.etag);
    expect((await store.head("a"))?.bytes).toBe(replacement.length);
    await dispose();
  });
}
