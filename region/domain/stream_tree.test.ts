import { expect, test } from "vitest";
import { chooseImages, type StreamProduct } from "./stream_products.ts";
import { CONTENT_ID, type PublishedImage, publishedPath, renderStreamTree } from "./stream_tree.ts";

const IMAGE: PublishedImage = {
  product: "com.example:ubuntu:24.04:amd64:ga-24.04",
  version: "20260102",
  title: "Ubuntu 24.04",
  os: "ubuntu",
  release: "noble",
  releaseTitle: "Ubuntu 24.04",
  architecture: "amd64",
  subarch: "ga-24.04",
  label: "stable",
  kind: "os",
  kernelOptions: "console=ttyS0",
  streamFields: { krel: "noble", subarches: "generic,ga-24.04" },
  files: (["kernel", "initrd", "squashfs"] as const).map((role, i) => ({
    name: role,
    role,
    sha256: String(i).repeat(64),
    bytes: i + 1,
  })),
  createdAt: new Date("2026-01-02T03:04:05Z"),
};

function productsOf(images: readonly PublishedImage[], extension = "json") {
  const text = renderStreamTree(images).get(`streams/v1/${CONTENT_ID}.${extension}`) ?? "";
  return JSON.parse(text).products as Record<string, StreamProduct>;
}

test("what is published is what a reader takes from it, in both forms", () => {
  const older = { ...IMAGE, version: "20260101" };
  for (const extension of ["json", "sjson"]) {
    const products = productsOf([older, IMAGE], extension);
    const { wanted, skipped } = chooseImages(products, { selections: [], keepVersions: 5 });
    expect(skipped).toEqual([]);
    expect(wanted.map(({ version }) => version)).toEqual(["20260102", "20260101"]);
    const { createdAt: _createdAt, streamFields: _fields, files, ...image } = IMAGE;
    expect(wanted[0]).toMatchObject({ ...image, version: "20260102" });
    expect(wanted[0]?.files.map(({ role, sha256, bytes, path }) => ({ role, sha256, bytes, path })))
      .toEqual(files.map((file) => ({
        role: file.role,
        sha256: file.sha256,
        bytes: file.bytes,
        path: publishedPath(file),
      })));
  }
});

test("the index names the products file of its own kind, and every product", () => {
  const tree = renderStreamTree([IMAGE]);
  for (const extension of ["json", "sjson"]) {
    const index = JSON.parse(tree.get(`streams/v1/index.${extension}`) ?? "");
    expect(index.index[CONTENT_ID]).toMatchObject({
      path: `streams/v1/${CONTENT_ID}.${extension}`,
      products: [IMAGE.product],
      updated: "Fri, 02 Jan 2026 03:04:05 +0000",
    });
  }
});

test("the product's own words stay, and an image of one's own is one that a reader takes", () => {
  expect(productsOf([IMAGE])[IMAGE.product]).toMatchObject({
    krel: "noble",
    subarches: "generic,ga-24.04",
  });
  const file = { name: "root-dd", role: "root-dd", sha256: "a".repeat(64), bytes: 9 } as const;
  const custom = { ...IMAGE, streamFields: {}, files: [file] };
  expect(chooseImages(productsOf([custom])).wanted[0]?.files[0]).toMatchObject({ role: "root-dd" });
});

test("no image: a tree without products", () => {
  expect(productsOf([])).toEqual({});
});
