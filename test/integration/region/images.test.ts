import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { blobName, partName } from "@/region/object_store/object_names.ts";
import { removeUnusedBlobs } from "@/region/services/images/remove_unused_blobs.ts";
import { runSyncs } from "@/region/services/images/run_syncs.ts";
import { findSite } from "@/region/db/queries/sites.ts";
import {
  hashOf,
  imageCalls,
  type ImageSource,
  makeTree,
  serveImageSource,
} from "./images_fixture.ts";
import { makeMachine, makeSite } from "./rack_fixture.ts";
import { type RegionUnderTest, startRegionUnderTest } from "./region_under_test.ts";

let region: RegionUnderTest;
let source: ImageSource;
let calls: ReturnType<typeof imageCalls>;
beforeAll(async () => {
  region = await startRegionUnderTest();
  source = serveImageSource();
  calls = imageCalls(region, source);
});
beforeEach(() => {
  source.asked = [];
  source.respond = undefined;
});
afterAll(async () => {
  await source.stop();
  await region.stop();
});

describe("a sync", () => {
  test("takes the newest version of every product, its files verified and stored", async () => {
    const siteId = await makeSite(region);
    source.tree = makeTree("good");
    const { status, body, sourceId } = await calls.load("good");
    expect([status, body.state], JSON.stringify(body)).toEqual([200, "done"]);
    expect(body).toMatchObject({ images: 2, doneBytes: body.totalBytes, failure: null });
    const { body: { images } } = await region.call("GET /api/v1/images");
    const system = images.find((image: { kind: string }) => image.kind === "os");
    expect(system).toMatchObject({
      product: "good:debian:12:amd64",
      version: "20260102",
      title: "Debian 12",
      os: "debian",
      release: "bookworm",
      releaseTitle: "Debian 12",
      architecture: "amd64",
      kernelOptions: "console=ttyS0",
      sourceUrl: `${source.url}/`,
      sourceId,
    });
    const content = "good good/20260102/squashfs";
    expect(system.files).toContainEqual({
      name: "squashfs",
      role: "squashfs",
      sha256: hashOf(content),
      bytes: content.length,
    });
    const stored = await region.ctx.objectStore.get(blobName(hashOf(content)));
    expect(await new Response(stored?.body).text()).toBe(content);
    expect(await region.ctx.objectStore.head(partName(hashOf(content), 0))).toBeUndefined();
    const boot = images.find((image: { kind: string }) => image.kind === "bootloader");
    expect(boot.files.map((file: { name: string; role: string }) => [file.name, file.role]))
      .toEqual([["undionly.kpxe", "bootfile"], ["s.efi", "bootfile"]]);
    expect(body.skipped).toEqual([{ product: "good:other", reason: "version 1 has no kernel" }]);
    const site = await findSite(region.ctx.db, siteId);
    expect(site?.publishedGeneration).toBe(site?.wantedGeneration);
    expect(source.asked).not.toContain("streams/v1/ids.json");
  });

  test("again fetches no file and makes no second image", async () => {
    source.tree = makeTree("again");
    const { sourceId } = await calls.load("again");
    const ids = (await calls.imagesOf()).map(({ id }) => id);
    source.asked = [];
    expect((await calls.sync(sourceId)).body).toMatchObject({ state: "done", totalBytes: 0 });
    expect((await calls.imagesOf()).map(({ id }) => id)).toEqual(ids);
    expect(source.asked).toEqual(["streams/v1/index.json", "streams/v1/p.json"]);
  });

  test("is shown before it begins", async () => {
    source.tree = makeTree("shown");
    const { body: { id } } = await calls.makeSource("shown", { selections: [{ os: ["debian"] }] });
    const { status, body } = await region.call(`GET /api/v1/boot-sources/${id}/preview`);
    expect(status, JSON.stringify(body)).toBe(200);
    expect(body.images.map((image: { product: string }) => image.product))
      .toEqual(["shown:debian:12:amd64"]);
    expect(body).toMatchObject({ downloadFiles: 3, downloadBytes: body.bytes });
    await calls.sync(id);
    const after = await region.call(`GET /api/v1/boot-sources/${id}/preview`);
    expect(after.body).toMatchObject({ downloadFiles: 0, downloadBytes: 0, bytes: body.bytes });
  });

  test("keeps as many versions as are wanted, and removes only what nothing refers to", async () => {
    source.tree = makeTree("kept");
    const { sourceId } = await calls.load("kept", { keepVersions: 2 });
    const versions = async () =>
      (await calls.imagesOf()).filter(({ product }) => product === "kept:debian:12:amd64")
        .map(({ version }) => version).sort();
    expect(await versions()).toEqual(["20260101", "20260102"]);
    const deployed = (await calls.imagesOf()).find(({ version, product }) =>
      version === "20260102" && product === "kept:debian:12:amd64"
    );
    const siteId = await makeSite(region);
    const systemId = await makeMachine(region, siteId, { status: "Deployed" });
    await region.ctx.db.execute(
      sql`UPDATE machines SET image_id = ${deployed?.id} WHERE system_id = ${systemId}`,
    );
    source.tree = makeTree("kept", () => {}, "20260103");
    await region.call(`PATCH /api/v1/boot-sources/${sourceId}`, { body: { keepVersions: 1 } });
    expect((await calls.sync(sourceId)).body.state).toBe("done");
    expect(await versions()).toEqual(["20260103"]);
    const isThere = async (version: string) =>
      await region.ctx.objectStore.head(blobName(hashOf(`kept kept/${version}/squashfs`))) !==
        undefined;
    region.advance(2 * 24 * 3_600_000);
    await removeUnusedBlobs(region.ctx);
    expect([await isThere("20260101"), await isThere("20260102"), await isThere("20260103")])
      .toEqual([false, true, true]);
  });

  test("goes on after what passes, and says meanwhile what is in the way", async () => {
    source.tree = makeTree("flaky");
    const { body: { id } } = await calls.makeSource("flaky");
    source.respond = (path, _, file) =>
      path.endsWith("squashfs") ? new Response("busy", { status: 503 }) : new Response(file);
    const during = await calls.sync(id);
    expect(during.body).toMatchObject({ state: "running" });
    expect(during.body.problem).toMatch(/squashfs answered 503/);
    const again = await region.call(`POST /api/v1/boot-sources/${id}/sync`);
    expect([again.status, again.body.code]).toEqual([409, "image_sync.running"]);
    source.respond = undefined;
    region.advance(10_000);
    await runSyncs(region.ctx, { sliceMs: 60_000 });
    const { body } = await region.call(`GET /api/v1/image-syncs/${during.body.id}`);
    expect(body).toMatchObject({ state: "done", problem: null });
  });

  test("comes no faster than is allowed, and says how long it will take", async () => {
    const big = "y".repeat(12 * 1024 ** 2);
    const tree = makeTree("slow", (squashfs) => {
      Object.assign(squashfs, { sha256: hashOf(big), size: big.length });
    });
    tree.set("slow/20260102/squashfs", big);
    source.tree = tree;
    const limits = { selections: [{ os: ["debian"] }], bytesPerSecond: 6 * 1024 ** 2 };
    const { body: { id } } = await calls.makeSource("slow", limits);
    const { body: sync } = await region.call(`POST /api/v1/boot-sources/${id}/sync`);
    expect(sync.etaSeconds).toBeNull(); // nothing has come yet
    // A third of it for each of the files at once: a part of 1 MiB every half second.
    await runSyncs(region.ctx, { sliceMs: 2000 });
    region.advance(1000);
    const during = (await region.call(`GET /api/v1/image-syncs/${sync.id}`)).body;
    expect(during.state).toBe("running");
    expect(during.doneBytes).toBeLessThanOrEqual(6 * 1024 ** 2);
    const left = during.totalBytes - during.doneBytes;
    expect(during.etaSeconds).toBe(Math.ceil(left / during.fetchedBytes));
    await region.call(`PATCH /api/v1/boot-sources/${id}`, { body: { bytesPerSecond: null } });
    await runSyncs(region.ctx, { sliceMs: 60_000 });
    const { body } = await region.call(`GET /api/v1/image-syncs/${sync.id}`);
    expect(body).toMatchObject({ state: "done", etaSeconds: null });
  });

  test("that ends takes no file from a rescued machine or an installation under way", async () => {
    source.tree = makeTree("rescue");
    const { sourceId } = await calls.load("rescue");
    const image = (await calls.imagesOf()).find(({ product }) => product.startsWith("rescue:deb"));
    const sha256 = hashOf("rescue rescue/20260102/squashfs");
    const isThere = async () => {
      region.advance(2 * 24 * 3_600_000);
      await removeUnusedBlobs(region.ctx);
      return await region.ctx.objectStore.head(blobName(sha256)) !== undefined;
    };
    const siteId = await makeSite(region);
    const systemId = await makeMachine(region, siteId, { status: "Rescue mode" });
    const set = (rescue: string | null) =>
      region.ctx.db.execute(
        sql`UPDATE machines SET rescue = ${rescue}::jsonb WHERE system_id = ${systemId}`,
      );
    await set(JSON.stringify({ imageId: image?.id, sshKeys: [] }));
    await region.call(`DELETE /api/v1/boot-sources/${sourceId}`);
    expect(await isThere()).toBe(true);
    await set(null);
    const operation = (state: string) =>
      region.ctx.db.execute(sql`UPDATE operations SET state = ${state} WHERE id = 'o-gc'`);
    await region.ctx.db.execute(
      sql`INSERT INTO operations (id, kind, machine_id, site_id, state, boot_image_id, asked_at)
        SELECT 'o-gc', 'deploy', id, site_id, 'running', ${image?.id}, now()
        FROM machines WHERE system_id = ${systemId}`,
    );
    expect(await isThere()).toBe(true);
    await operation("done");
    expect(await isThere()).toBe(false);
  });

  test("that is cancelled publishes nothing; the next one goes on from its parts", async () => {
    const big = "x".repeat(3 * 1024 ** 2);
    source.tree = makeTree("cut", (squashfs) => {
      source.tree.set(squashfs.path, big);
      Object.assign(squashfs, { sha256: hashOf(big), size: big.length });
    });
    const files = new Map(source.tree);
    files.set("cut/20260102/squashfs", big);
    source.tree = files;
    const { body: { id } } = await calls.makeSource("cut", { selections: [{ os: ["debian"] }] });
    let served = 0;
    source.respond = (path, request, file) => {
      const [, first = "0", last = ""] = /bytes=(\d+)-(\d+)/.exec(
        request.headers.get("range") ?? "",
      ) ?? [];
      if (!path.endsWith("squashfs")) return new Response(file);
      if (Number(first) > 0 && served < 2 * 1024 ** 2) return new Response("", { status: 503 });
      const part = file.slice(Number(first), Number(last) + 1);
      served += part.length;
      const range = `bytes ${first}-${last}/${file.length}`;
      return new Response(part, { status: 206, headers: { "content-range": range } });
    };
    const during = await calls.sync(id);
    expect(during.body.state).toBe("running");
    const cancelled = await region.call(`POST /api/v1/image-syncs/${during.body.id}/cancel`);
    expect(cancelled.body.state).toBe("cancelled");
    await runSyncs(region.ctx, { sliceMs: 60_000 });
    expect((await calls.productsOf()).join()).not.toContain("cut");
    const before = served;
    served += 2 * 1024 ** 2;
    expect((await calls.sync(id)).body.state).toBe("done");
    expect(served - before - 2 * 1024 ** 2).toBe(2 * 1024 ** 2); // the first part was there
  });
});
