import { createHash } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readStreamProducts } from "@/region/services/images/stream_source.ts";
import { imageCalls, type ImageSource, makeTree, serveImageSource } from "./images_fixture.ts";
import { type RegionUnderTest, startRegionUnderTest } from "./region_under_test.ts";

let region: RegionUnderTest;
let source: ImageSource;
let server: Deno.HttpServer<Deno.NetAddr>;
beforeAll(async () => {
  region = await startRegionUnderTest();
  source = serveImageSource();
  server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const { pathname } = new URL(request.url);
    return region.request(pathname, { method: request.method, headers: request.headers });
  });
});
afterAll(async () => {
  await server.shutdown();
  await source.stop();
  await region.stop();
});

const treeUrl = () => `http://127.0.0.1:${server.addr.port}/simplestreams/`;

test("a region's tree is nobody's business until an admin publishes it", async () => {
  source.tree = makeTree("mirror");
  await imageCalls(region, source).load("mirror");
  const hidden = await region.call("GET /simplestreams/streams/v1/index.json", { as: null });
  expect([hidden.status, hidden.body.code]).toEqual([404, "image_tree_file.missing"]);
  await region.call("PATCH /api/v1/settings/publishesImages", { body: { value: true } });
  const shown = await region.call("GET /simplestreams/streams/v1/index.json", { as: null });
  expect(shown.status).toBe(200);
});

test("another region mirrors it by its key, and gets the same files", async () => {
  const { body } = await region.call("GET /api/v1/image-publishing");
  expect(body).toMatchObject({
    isPublished: true,
    url: "https://region.example.com/simplestreams/",
    fingerprint: expect.stringMatching(/^[0-9A-F]{40}$/),
  });
  const from = { url: treeUrl(), keyring: body.publicKey };
  const products = await readStreamProducts(from, region.ctx.now());
  expect(Object.keys(products)).toEqual(["mirror:debian:12:amd64", "mirror:ipxe"]);
  const items = Object.values(products["mirror:debian:12:amd64"]?.versions ?? {})
    .flatMap((version) => Object.values(version.items));
  expect(items).toHaveLength(3);
  for (const { path, sha256, size } of items) {
    const bytes = await (await fetch(treeUrl() + path)).bytes();
    expect([bytes.length, createHash("sha256").update(bytes).digest("hex")]).toEqual([
      size,
      sha256,
    ]);
  }
});

test("gpgv, which mirrors use, takes the signature", async () => {
  const { body } = await region.call("GET /api/v1/image-publishing");
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/key.asc`, body.publicKey);
    const signed = await region.call("GET /simplestreams/streams/v1/index.sjson", { as: null });
    await Deno.writeTextFile(`${folder}/index.sjson`, signed.text);
    const run = (program: string, ...args: string[]) =>
      new Deno.Command(program, { args, cwd: folder }).output();
    await run("gpg", "--homedir", folder, "--dearmor", "key.asc");
    // The region of this test lives at the beginning of 2026, which gpgv does not know.
    const { success, stderr } = await run("gpgv", "--keyring", "./key.asc.gpg", "index.sjson");
    expect(success, new TextDecoder().decode(stderr)).toBe(true);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

test("what is not of an image that is offered is not given away", async () => {
  const file = await region.call(`GET /simplestreams/files/${"a".repeat(64)}/x`, { as: null });
  expect([file.status, file.body.code]).toEqual([404, "image_tree_file.missing"]);
  const other = await region.call("GET /simplestreams/streams/v1/secrets.json", { as: null });
  expect(other.status).toBe(404);
});
