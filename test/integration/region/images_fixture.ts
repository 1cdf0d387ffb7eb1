import { createHash } from "node:crypto";
import { runSyncs } from "@/region/services/images/run_syncs.ts";
import type { Answer, RegionUnderTest } from "./region_under_test.ts";

export interface Item {
  ftype: string;
  path: string;
  sha256?: string;
  size?: number;
}

export const hashOf = (text: string) => createHash("sha256").update(text).digest("hex");

/** An image source that a test makes, and may have behave badly. */
export interface ImageSource {
  readonly url: string;
  /** What it serves, by path. */
  tree: Map<string, string>;
  /** Paths asked for. */
  asked: string[];
  /** How it serves a file, where a test wants that otherwise. */
  respond: ((path: string, request: Request, file: string) => Response) | undefined;
  stop(): Promise<void>;
}

export function serveImageSource(): ImageSource {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const path = new URL(request.url).pathname.replace(/^\/images\//, "");
    source.asked.push(path);
    const file = source.tree.get(path);
    if (file === undefined) return new Response("no", { status: 404 });
    return source.respond?.(path, request, file) ?? new Response(file);
  });
  const source: ImageSource = {
    url: `http://127.0.0.1:${server.addr.port}/images`,
    tree: new Map(),
    asked: [],
    respond: undefined,
    stop: () => server.shutdown(),
  };
  return source;
}

/** The tree of one system of two versions and one product of boot programs. */
export function makeTree(
  name: string,
  change: (squashfs: Item) => void = () => {},
  newestVersion = "20260102",
): Map<string, string> {
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
  const newest = system(newestVersion);
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
        versions: {
          [newestVersion]: { items: newest },
          "20260101": { items: system("20260101") },
        },
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
  files.set("streams/v1/index.json", JSON.stringify(index));
  files.set("streams/v1/p.json", JSON.stringify(products));
  return files;
}

/** What a test does with a region and a source. */
export function imageCalls(region: RegionUnderTest, source: ImageSource) {
  const makeSource = (name: string, more: object = {}) =>
    region.call("POST /api/v1/boot-sources", {
      body: { name, url: source.url, keyring: null, syncMinutes: null, ...more },
    });
  /** A sync of a source, from its start to its end. */
  const sync = async (sourceId: string): Promise<Answer> => {
    const started = await region.call(`POST /api/v1/boot-sources/${sourceId}/sync`);
    if (started.status !== 202) return started;
    await runSyncs(region.ctx, { sliceMs: 60_000 });
    return await region.call(`GET /api/v1/image-syncs/${started.body.id}`);
  };
  /** A new source, synced. */
  const load = async (name: string, more: object = {}) => {
    const { status, body } = await makeSource(name, more);
    if (status !== 201) throw new Error(JSON.stringify(body));
    return { sourceId: body.id as string, ...await sync(body.id) };
  };
  const imagesOf = async (): Promise<{ id: string; product: string; version: string }[]> =>
    (await region.call("GET /api/v1/images")).body.images;
  const productsOf = async () => (await imagesOf()).map(({ product }) => product);
  return { makeSource, sync, load, imagesOf, productsOf };
}
