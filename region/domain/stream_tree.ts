import type { ImageFileRole } from "@/shared/machine/image_file.ts";

/** An image that is published. */
export interface PublishedImage {
  readonly product: string;
  readonly version: string;
  readonly title: string;
  readonly os: string;
  readonly release: string;
  readonly releaseTitle: string;
  readonly architecture: string;
  readonly subarch: string;
  readonly label: string;
  readonly kind: "os" | "bootloader";
  readonly kernelOptions: string;
  readonly streamFields: Readonly<Record<string, string>>;
  readonly files: readonly {
    readonly name: string;
    readonly role: ImageFileRole;
    readonly sha256: string;
    readonly bytes: number;
  }[];
  readonly createdAt: Date;
}

export const CONTENT_ID = "io.rackwright.region:images";
const FOLDER = "streams/v1";

/** The types that MAAS's trees have for what our roles are. */
const FTYPES: Readonly<Record<ImageFileRole, string>> = {
  "kernel": "boot-kernel",
  "initrd": "boot-initrd",
  "squashfs": "squashfs",
  "bootfile": "bootloader",
  "root-tgz": "root-tgz",
  "root-txz": "root-txz",
  "root-dd": "root-dd.raw",
  "root-dd.gz": "root-dd.gz",
  "root-dd.xz": "root-dd.xz",
  "root-dd.zst": "root-dd.zst",
};

/** Where a published file lies below the tree's root. */
export function publishedPath({ sha256, name }: { sha256: string; name: string }): string {
  return `files/${sha256}/${name.replaceAll(/[^A-Za-z0-9._-]/g, "_")}`;
}

/**
 * The texts of a SimpleStreams tree by their path below its root; the `.sjson` ones are to be signed.
 * The same images give the same texts, byte for byte.
 *
 * Both forms name each other's kind: whoever follows a signed index never meets an unsigned file.
 */
export function renderStreamTree(images: readonly PublishedImage[]): ReadonlyMap<string, string> {
  const latestMs = Math.max(0, ...images.map(({ createdAt }) => createdAt.getTime()));
  // RFC 2822, always in UTC: `Thu, 01 Jan 1970 00:00:00 +0000`.
  const updated = new Date(latestMs).toUTCString().replace("GMT", "+0000");
  const common = { datatype: "image-downloads", format: "products:1.0", updated };
  const products = {
    content_id: CONTENT_ID,
    ...common,
    products: Object.fromEntries(
      [...Map.groupBy(images, ({ product }) => product)].map(([product, versions]) => [
        product,
        renderProduct(versions),
      ]),
    ),
  };
  const texts = (["json", "sjson"] as const).flatMap((extension): [string, string][] => {
    const path = `${FOLDER}/${CONTENT_ID}.${extension}`;
    const named = { ...common, path, products: Object.keys(products.products) };
    const index = { format: "index:1.0", updated, index: { [CONTENT_ID]: named } };
    return [[`${FOLDER}/index.${extension}`, render(index)], [path, render(products)]];
  });
  return new Map(texts);
}

function renderProduct(versions: readonly PublishedImage[]) {
  const newest = versions.at(-1);
  if (!newest) throw new Error("a product has a version");
  const { os, release, releaseTitle, architecture, title, kind } = newest;
  const ofSystem = {
    release,
    release_title: releaseTitle,
    subarch: newest.subarch || "generic",
    subarches: newest.subarch || "generic",
  };
  return {
    ...(kind === "os" ? ofSystem : { "bootloader-type": os }),
    label: newest.label || "stable",
    ...newest.streamFields,
    os,
    arch: architecture,
    title,
    versions: Object.fromEntries(versions.map((image) => [image.version, renderVersion(image)])),
  };
}

function renderVersion({ files, kernelOptions }: PublishedImage) {
  const items = files.map((file) => [file.name, {
    ftype: FTYPES[file.role],
    path: publishedPath(file),
    sha256: file.sha256,
    size: file.bytes,
  }]);
  return {
    ...(kernelOptions === "" ? {} : { kernel_options: kernelOptions }),
    items: Object.fromEntries(items),
  };
}

function render(value: unknown): string {
  return JSON.stringify(value, null, 1) + "\n";
}
