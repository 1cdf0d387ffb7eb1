import { createHash } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { blobName } from "@/region/object_store/object_names.ts";
import { findSite } from "@/region/db/queries/sites.ts";
import { makeSite } from "./rack_fixture.ts";
import { type RegionUnderTest, startRegionUnderTest } from "./region_under_test.ts";

let region: RegionUnderTest;
let server: Deno.HttpServer<Deno.NetAddr>;
/** What the image source serves, by path. */
let tree: Map<string, string>;
let asked: string[];
beforeAll(async () => {
  region = await startRegionUnderTest();
  server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const path = new URL(request.url).pathname.replace(/^\/images\//, "");
    asked.push(path);
    const file = tree.get(path);
    if (file === "redirect") return Response.redirect("http://127.0.0.1:1/elsewhere", 302);
    return file === undefined ? new Response("no", { status: 404 }) : new Response(file);
  });
});
beforeEach(() => {
  asked = [];
});
afterAll(async () => {
  await server.shutdown();
  await region.stop();
});

const hashOf = (text: string) => createHash("sha256").update(text).digest("hex");
const url = () => `http://127.0.0.1:${server.addr.port}/images`;
const load = (at = url()) => region.call("POST /api/v1/images/imports", { body: { url: at } });

interface Item {
  ftype: string;
  path: string;
  sha256?: string;
  size?: number;
}

/** A tree with one system of two versions and one product of boot programs. */
function makeTree(name: string, change: (squashfs: Item) => void = () => {}): void {
  const files = new Map<string, string>();
  const item = (ftype: string, path: string): Item => {
    const content = `${name} ${path}`;
    files.set(path, content);
    return { ftype, path, sha256: hashOf(content), size: content.length };
  };
  const system = (version: string) => ({
    "boot-kernel": item("boot-kernel", `${name}/${version}/boot-kernel`),
    "boot-initrd": item("boot-initrd", `${name}/${version}/boot-initrd`),
    "squashfs": item("squashfs", `${name}/${version}/squashfs`),
    "manifest": { ftype: "squashfs.manifest", path: `${name}/${version}/manifest` },
  });
  const newest = system("20260102");
  change(newest.squashfs);
  const products = {
    format: "products:1.0",
    products: {
      [`${name}:debian:12:amd64`]: {
        arch: "amd64",
        os: "debian",
        release: "bookworm",
        release_title: "Debian 12",
        kernel_options: "console=ttyS0",
        versions: { "20260102": { items: newest }, "20260101": { items: system("20260101") } },
      },
      [`${name}:ipxe`]: {
        arch: "amd64",
        os: "ipxe",
        "bootloader-type": "ipxe",
        versions: {
          "1": {
            items: {
              a: item("bootloader", "ipxe/undionly.kpxe"),
              b: item("bootloader", "ipxe/s.efi"),
            },
          },
        },
      },
      [`${name}:other`]: { arch: "amd64", versions: { "1": { items: {} } } },
    },
  };
  const index = {
    format: "index:1.0",
    index: {
      [name]: { format: "products:1.0", datatype: "image-downloads", path: "streams/v1/p.json" },
      ids: { format: "products:1.0", datatype: "image-ids", path: "streams/v1/ids.json" },
    },
  };
  tree = files;
  tree.set("streams/v1/index.json", JSON.stringify(index));
  tree.set("streams/v1/p.json", JSON.stringify(products));
}

const productsOf = async () =>
  (await region.call("GET /api/v1/images")).body.images.map((i: { product: string }) => i.product);

describe("an import", () => {
  test("takes the newest version of every product, its files verified and stored", async () => {
    const siteId = await makeSite(region);
    makeTree("good");
    const { status, body } = await load();
    expect(status, JSON.stringify(body)).toBe(201);
    const system = body.images.find((image: { kind: string }) => image.kind === "os");
    expect(system).toMatchObject({
      product: "good:debian:12:amd64",
      version: "20260102",
      title: "Debian 12",
      os: "debian",
      release: "bookworm",
      releaseTitle: "Debian 12",
      architecture: "amd64",
      kernelOptions: "console=ttyS0",
      sourceUrl: `${url()}/`,
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
    const boot = body.images.find((image: { kind: string }) => image.kind === "bootloader");
    expect(boot.files.map((file: { name: string; role: string }) => [file.name, file.role]))
      .toEqual([["undionly.kpxe", "bootfile"], ["s.efi", "bootfile"]]);
    expect(body.skipped).toEqual([{ product: "good:other", reason: "version 1 has no kernel" }]);
    const site = await findSite(region.ctx.db, siteId);
    expect(site?.publishedGeneration).toBe(site?.wantedGeneration);
    expect(asked).not.toContain("streams/v1/ids.json");
  });

  test("again fetches no file and makes no second image", async () => {
    makeTree("again");
    const first = await load();
    asked = [];
    const second = await load();
    const ids = (body: { images: { id: string }[] }) => body.images.map(({ id }) => id);
    expect(ids(second.body)).toEqual(ids(first.body));
    expect(asked).toEqual(["streams/v1/index.json", "streams/v1/p.json"]);
  });

  test.each<[string, (squashfs: Item) => void, string]>([
    [
      "a wrong hash",
      (squashfs) => squashfs.sha256 = "0".repeat(64),
      "image_source.file_differs",
    ],
    ["a file too long", (squashfs) => squashfs.size = 3, "image_source.file_differs"],
    ["a file too short", (squashfs) => squashfs.size = 300, "image_source.file_differs"],
    ["a path upwards", (squashfs) => squashfs.path = "a/../../x", "image_source.path_escapes"],
    [
      "an absolute path",
      (squashfs) => squashfs.path = "/etc/passwd",
      "image_source.path_escapes",
    ],
    [
      "another host",
      (squashfs) => squashfs.path = "http://198.51.100.1/x",
      "image_source.path_escapes",
    ],
    ["another host, short", (squashfs) => squashfs.path = "//h/x", "image_source.path_escapes"],
    ["a hidden path", (squashfs) => squashfs.path = "a/%2e%2e/x", "image_source.path_escapes"],
    ["a backslash", (squashfs) => squashfs.path = "a\\..\\x", "image_source.path_escapes"],
  ])("with %s takes nothing", async (name, change, code) => {
    makeTree(name.replaceAll(/\W/g, "-"), change);
    const { status, body } = await load();
    expect([status, body.code]).toEqual([400, code]);
    expect((await productsOf()).join()).not.toContain(name.replaceAll(/\W/g, "-"));
    expect(await region.ctx.objectStore.head(blobName("0".repeat(64)))).toBeUndefined();
    if (code === "image_source.path_escapes") {
      expect(asked).toEqual(["streams/v1/index.json", "streams/v1/p.json"]);
    }
  });

  test("says so when a file is missing, or leads elsewhere", async () => {
    makeTree("gone");
    tree.delete("gone/20260102/squashfs");
    const gone = await load();
    expect([gone.status, gone.body.code]).toEqual([503, "image_source.unreachable"]);
    tree.set("gone/20260102/squashfs", "redirect");
    const moved = await load();
    expect([moved.status, moved.body.code]).toEqual([503, "image_source.unreachable"]);
    expect(moved.body.detail).toContain("302");
  });

  test("refuses what is no image source", async () => {
    makeTree("x");
    tree.set("streams/v1/p.json", "{");
    expect((await load()).body.code).toBe("image_source.malformed");
    tree.set("streams/v1/p.json", `{"format":"products:1.0","products":{}}`);
    expect((await load()).body.code).toBe("image_source.nothing_usable");
    tree.set("streams/v1/index.json", `{"format":"index:2.0"}`);
    expect((await load()).body.code).toBe("image_source.malformed");
    for (const bad of ["file:///etc", "ftp://x/", "http://u:p@x/", "http://x/?q", "x"]) {
      const { status, body } = await load(bad);
      expect([bad, status, body.code]).toEqual([bad, 400, "image_source.bad_url"]);
    }
    expect((await load("http://127.0.0.1:1/")).body.code).toBe("image_source.unreachable");
  });
});
