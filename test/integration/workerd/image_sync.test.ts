import { afterAll, beforeAll, expect, test } from "vitest";
import { makeTree, serveImageSource } from "@/test/integration/region/images_fixture.ts";
import { type RegionInWorkerd, startRegionInWorkerd } from "./region_in_workerd.ts";

let region: RegionInWorkerd;
let source: ReturnType<typeof serveImageSource>;
beforeAll(async () => {
  region = await startRegionInWorkerd();
  source = serveImageSource();
});
afterAll(async () => {
  await source?.stop();
  await region?.dispose();
});

test("the trigger fetches images, makes them whole, and rests when they are there", async () => {
  source.tree = makeTree("good");
  const about = { name: "good", url: source.url, keyring: null, syncMinutes: 600 };
  const made = await region.call("POST", "/api/v1/boot-sources", about);
  const { id } = await made.json();
  const started = await region.call("POST", `/api/v1/boot-sources/${id}/sync`);
  expect(started.status).toBe(202);
  const { id: syncId } = await started.json();
  await region.scheduled();
  const sync = await (await region.call("GET", `/api/v1/image-syncs/${syncId}`)).json();
  expect(sync).toMatchObject({ state: "done", doneBytes: sync.totalBytes, failure: null });
  const { images } = await (await region.call("GET", "/api/v1/images")).json();
  for (const { sha256, bytes } of images.flatMap(({ files }: { files: object[] }) => files)) {
    expect(await region.ctx.objectStore.head(`blobs/${sha256}`)).toMatchObject({ bytes });
  }
  for (let i = 0; i < 5; i++) {
    region.advance(120);
    await region.scheduled();
  }
  expect((await region.counted(() => region.scheduled())).connections).toBe(0);
  // The source's own time has come.
  region.advance(600 * 60);
  await region.scheduled();
  const { imageSyncs } = await (await region.call("GET", "/api/v1/image-syncs")).json();
  expect(imageSyncs).toHaveLength(2);
});
