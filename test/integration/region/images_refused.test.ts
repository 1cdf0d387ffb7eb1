import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { generateKey } from "openpgp";
import { blobName } from "@/region/object_store/object_names.ts";
import { FETCH_ATTEMPTS_MAX } from "@/region/domain/sync_retry.ts";
import { runSyncs } from "@/region/services/images/run_syncs.ts";
import { makeSigningPgpKey, publicPgpKey, signCleartext } from "@/region/tokens/openpgp.ts";
import {
  imageCalls,
  type ImageSource,
  type Item,
  makeTree,
  serveImageSource,
} from "./images_fixture.ts";
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
  test.each<[string, (squashfs: Item) => void, string]>([
    ["a wrong hash", (squashfs) => squashfs.sha256 = "0".repeat(64), "image_source.file_differs"],
    ["a file too long", (squashfs) => squashfs.size = 3, "image_source.file_differs"],
    ["a file too short", (squashfs) => squashfs.size = 300, "image_source.file_differs"],
  ])("with %s takes nothing, and what was there stays", async (what, change, code) => {
    const name = what.replaceAll(/\W/g, "-");
    source.tree = makeTree(name);
    const { sourceId } = await calls.load(name);
    source.tree = makeTree(name, change, "20260103");
    const { body } = await calls.sync(sourceId);
    expect([body.state, body.failure?.code]).toEqual(["failed", code]);
    const version = (await calls.imagesOf()).find(({ product }) =>
      product === `${name}:debian:12:amd64`
    )
      ?.version;
    expect(version).toBe("20260102");
    expect(await region.ctx.objectStore.head(blobName("0".repeat(64)))).toBeUndefined();
  });

  test.each<[string, (path: string, request: Request, file: string) => Response, string]>([
    [
      "a body without end",
      () => new Response(ReadableStream.from(endless())),
      "image_source.file_differs",
    ],
    [
      "fewer bytes than were told of",
      (_, __, file) =>
        new Response(file.slice(1), {
          status: 206,
          headers: { "content-range": `bytes 0-${file.length - 2}/${file.length - 1}` },
        }),
      "image_source.file_differs",
    ],
    [
      "a compressed body",
      (_, __, file) =>
        new Response(new Blob([file]).stream().pipeThrough(new CompressionStream("gzip")), {
          headers: { "content-encoding": "gzip" },
        }),
      "image_source.malformed_answer",
    ],
    [
      "another part than was asked for",
      (_, __, file) =>
        new Response(file, { status: 206, headers: { "content-range": "bytes 5-9/100" } }),
      "image_source.malformed_answer",
    ],
    [
      "a redirect",
      () => Response.redirect("http://127.0.0.1:1/", 302),
      "image_source.file_missing",
    ],
    ["no file", () => new Response("", { status: 404 }), "image_source.file_missing"],
  ])("that gets %s fails with the reason", async (what, answer, code) => {
    const name = what.replaceAll(/\W/g, "-");
    source.tree = makeTree(name);
    source.respond = (path, request, file) =>
      path.endsWith("squashfs") ? answer(path, request, file) : new Response(file);
    const { body } = await calls.load(name);
    expect([body.state, body.failure?.code], JSON.stringify(body)).toEqual(["failed", code]);
    expect((await calls.productsOf()).join()).not.toContain(name);
  });

  test.each<[string, (squashfs: Item) => void]>([
    ["upwards", (squashfs) => squashfs.path = "a/../../x"],
    ["from the root", (squashfs) => squashfs.path = "/etc/passwd"],
    ["to another host", (squashfs) => squashfs.path = "http://198.51.100.1/x"],
    ["to another host, short", (squashfs) => squashfs.path = "//h/x"],
    ["hidden", (squashfs) => squashfs.path = "a/%2e%2e/x"],
    ["by backslash", (squashfs) => squashfs.path = "a\\..\\x"],
  ])("does not begin where a path leads %s", async (what, change) => {
    source.tree = makeTree("path", change);
    const { status, body } = await calls.load(`path ${what}`);
    expect([status, body.code]).toEqual([400, "image_source.path_escapes"]);
    expect(source.asked).toEqual(["streams/v1/index.json", "streams/v1/p.json"]);
  });

  test("that gets a body which always ends early tries again, and then fails with the reason", async () => {
    source.tree = makeTree("early");
    source.respond = (path, _, file) =>
      new Response(
        path.endsWith("squashfs") ? ReadableStream.from([encode(file.slice(2))]) : file,
      );
    const { body: { id } } = await calls.makeSource("early");
    const { body: started } = await calls.sync(id);
    expect(started.state).toBe("running");
    expect(started.problem).toMatch(/squashfs (ended before its time|broke off)/);
    for (let attempts = 1; attempts < FETCH_ATTEMPTS_MAX; attempts++) {
      region.advance(10 * 60_000);
      await runSyncs(region.ctx, { sliceMs: 60_000 });
    }
    const { body } = await region.call(`GET /api/v1/image-syncs/${started.id}`);
    expect([body.state, body.failure?.code]).toEqual(["failed", "image_source.unreachable"]);
    expect((await calls.productsOf()).join()).not.toContain("early");
  });

  test("does not begin with an index of 100 MB, and does not read it to its end", async () => {
    source.tree = makeTree("huge");
    const { sourceId } = await calls.load("huge");
    let sent = 0;
    source.respond = (path, _, file) => {
      if (!path.endsWith("p.json")) return new Response(file);
      const pieces = function* () {
        for (; sent < 100 * 1024 ** 2; sent += 1024 ** 2) yield new Uint8Array(1024 ** 2).fill(32);
      };
      return new Response(ReadableStream.from(pieces()));
    };
    const { status, body } = await calls.sync(sourceId);
    expect([status, body.code]).toEqual([400, "image_source.malformed"]);
    expect(body.detail).toMatch(/p\.json has more than \d+ bytes/);
    expect(sent).toBeLessThan(50 * 1024 ** 2);
    expect(await calls.productsOf()).toContain("huge:debian:12:amd64");
  });

  test("does not begin where the index leads elsewhere, or two files have one product", async () => {
    source.tree = makeTree("index");
    const { sourceId } = await calls.load("index");
    const index = source.tree.get("streams/v1/index.json") ?? "";
    source.tree.set("streams/v1/index.json", index.replace("streams/v1/p.json", "../p.json"));
    expect((await calls.sync(sourceId)).body.code).toBe("image_source.path_escapes");
    source.tree.set("streams/v1/q.json", source.tree.get("streams/v1/p.json") ?? "");
    const second = '"second":{"format":"products:1.0","path":"streams/v1/q.json"},"ids"';
    source.tree.set("streams/v1/index.json", index.replace('"ids"', second));
    const { body } = await calls.sync(sourceId);
    expect([body.code, body.detail]).toEqual([
      "image_source.malformed",
      expect.stringContaining("in two of its files"),
    ]);
    expect(await calls.productsOf()).toContain("index:debian:12:amd64");
  });

  test("does not begin with what is no image source", async () => {
    source.tree = makeTree("x");
    const good = source.tree.get("streams/v1/p.json") ?? "";
    const { body: { id } } = await calls.makeSource("x");
    const codeFor = async (path: string, text: string) => {
      source.tree.set(path, text);
      return (await calls.sync(id)).body.code;
    };
    expect(await codeFor("streams/v1/p.json", "{")).toBe("image_source.malformed");
    expect(await codeFor("streams/v1/p.json", `{"format":"products:1.0","products":{}}`))
      .toBe("image_source.nothing_usable");
    const twice = good.replace('"x:ipxe"', '"x:debian:12:amd64"');
    expect(await codeFor("streams/v1/p.json", twice)).toBe("image_source.malformed");
    const bomb = " ".repeat(33 * 1024 ** 2);
    expect(await codeFor("streams/v1/p.json", bomb)).toBe("image_source.malformed");
    source.respond = (_, __, file) =>
      new Response(new Blob([file]).stream().pipeThrough(new CompressionStream("gzip")), {
        headers: { "content-encoding": "gzip" },
      });
    expect(await codeFor("streams/v1/p.json", bomb)).toBe("image_source.malformed_answer");
    source.respond = undefined;
    expect(await codeFor("streams/v1/index.json", `{"format":"index:2.0"}`))
      .toBe("image_source.malformed");
    for (const bad of ["file:///etc", "ftp://x/", "http://u:p@x/", "http://x/?q", "x"]) {
      const { status, body } = await calls.makeSource("bad", { url: bad });
      expect([bad, status, body.code]).toEqual([bad, 400, "image_source.bad_url"]);
    }
    await region.call(`PATCH /api/v1/boot-sources/${id}`, { body: { url: "http://127.0.0.1:1/" } });
    expect((await calls.sync(id)).body.code).toBe("image_source.unreachable");
  });
});

describe("a signed source", () => {
  test("is taken by its keyring, in both forms; signed otherwise it is not", async () => {
    const now = region.ctx.now();
    const [privateKey, other] = [
      await makeSigningPgpKey("mirror", now),
      await makeSigningPgpKey("somebody", now),
    ];
    const keyring = await publicPgpKey(privateKey);
    source.tree = makeTree("signed");
    const signAll = async (key: string) => {
      for (const [path, text] of [...source.tree].filter(([path]) => path.endsWith(".json"))) {
        const pointed = text.replaceAll("p.json", "p.sjson");
        source.tree.set(
          path.replace(/json$/, "sjson"),
          await signCleartext(pointed, { privateKey: key, now }),
        );
      }
    };
    const unsigned = await calls.load("unsigned", { keyring });
    expect([unsigned.status, unsigned.body.code]).toEqual([400, "image_source.signature_refused"]);
    expect(unsigned.body.detail).toContain("index.json.gpg");
    await signAll(other);
    const wrong = await calls.sync(unsigned.sourceId);
    expect([wrong.status, wrong.body.code]).toEqual([400, "image_source.signature_refused"]);
    expect(wrong.body.detail).toContain("which the keyring does not have");
    expect(await calls.productsOf()).not.toContain("signed:debian:12:amd64");
    await signAll(privateKey);
    const signed = source.tree.get("streams/v1/p.sjson") ?? "";
    source.tree.set("streams/v1/p.sjson", signed.replace("Debian 12", "Debian 13"));
    expect((await calls.sync(unsigned.sourceId)).body.code).toBe("image_source.signature_refused");
    source.tree.set("streams/v1/p.sjson", signed);
    expect((await calls.sync(unsigned.sourceId)).body.state).toBe("done");
    expect(await calls.productsOf()).toContain("signed:debian:12:amd64");

    // Newer, and by the wrong key: what was there stays in use.
    source.tree = makeTree("signed", () => {}, "20260103");
    await signAll(other);
    expect((await calls.sync(unsigned.sourceId)).body.code).toBe("image_source.signature_refused");
    expect((await calls.imagesOf()).map(({ version }) => version)).not.toContain("20260103");
    expect(await calls.productsOf()).toContain("signed:debian:12:amd64");
  });

  test("by a key that has expired is taken no more, and what was there stays", async () => {
    const now = region.ctx.now();
    const { privateKey, publicKey } = await generateKey({
      type: "curve25519",
      config: { v6Keys: false },
      userIDs: [{ name: "mirror" }],
      subkeys: [],
      date: now,
      keyExpirationTime: 3600,
      format: "armored",
    });
    const publish = async (version: string) => {
      source.tree = makeTree("ending", () => {}, version);
      for (const [path, text] of [...source.tree].filter(([path]) => path.endsWith(".json"))) {
        const signed = await signCleartext(text.replaceAll("p.json", "p.sjson"), {
          privateKey,
          now,
        });
        source.tree.set(path.replace(/json$/, "sjson"), signed);
      }
    };
    await publish("20260102");
    const { sourceId, body } = await calls.load("ending", { keyring: publicKey });
    expect(body.state).toBe("done");
    await publish("20260103");
    region.advance(2 * 3_600_000);
    const late = await calls.sync(sourceId);
    expect([late.status, late.body.code]).toEqual([400, "image_source.signature_refused"]);
    expect(late.body.detail).toContain("expired");
    const versions = (await calls.imagesOf()).filter(({ product }) => product.startsWith("ending"));
    expect(versions.map(({ version }) => version)).toContain("20260102");
    expect(versions.map(({ version }) => version)).not.toContain("20260103");
  });

  test("needs a keyring that is one, or the word that it needs none", async () => {
    const bad = await calls.makeSource("k", { keyring: "nonsense" });
    expect([bad.status, bad.body.code]).toEqual([400, "keyring.unreadable"]);
    const body = { name: "k", url: source.url };
    const silent = await region.call("POST /api/v1/boot-sources", { body });
    expect([silent.status, silent.body.code]).toEqual([400, "request.invalid"]);
  });
});

const encode = (text: string) => new TextEncoder().encode(text);

function* endless() {
  for (;;) yield new Uint8Array(65_536);
}
