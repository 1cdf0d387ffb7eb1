import { expect, test } from "vitest";
import { renderStreamTree, type StreamItem, type StreamProduct } from "./simplestreams_tree.ts";

const SQUASHFS: StreamItem = {
  name: "squashfs",
  ftype: "squashfs",
  path: "bookworm/amd64/20260131.095959/squashfs",
  sha256: "ab".repeat(32),
  sizeBytes: 4096,
};
const DEBIAN: StreamProduct = {
  name: "io.example:debian:12:amd64",
  fields: { os: "debian", release: "bookworm", arch: "amd64" },
  version: "20260131.095959",
  items: [SQUASHFS],
};

const treeOf = (products: StreamProduct[]) => ({
  contentId: "io.example:images",
  updatedAt: new Date("2026-01-31T09:59:59Z"),
  products,
});

test("renderStreamTree writes an index that names the products file and its products", () => {
  const index = JSON.parse(renderStreamTree(treeOf([DEBIAN])).get("streams/v1/index.json") ?? "");
  expect(index).toEqual({
    format: "index:1.0",
    updated: "Sat, 31 Jan 2026 09:59:59 +0000",
    index: {
      "io.example:images": {
        datatype: "image-downloads",
        format: "products:1.0",
        path: "streams/v1/io.example:images.json",
        products: ["io.example:debian:12:amd64"],
        updated: "Sat, 31 Jan 2026 09:59:59 +0000",
      },
    },
  });
});

test("renderStreamTree puts a product's fields beside its versions, and files below items", () => {
  const files = renderStreamTree(treeOf([DEBIAN]));
  expect(JSON.parse(files.get("streams/v1/io.example:images.json") ?? "")).toEqual({
    content_id: "io.example:images",
    datatype: "image-downloads",
    format: "products:1.0",
    updated: "Sat, 31 Jan 2026 09:59:59 +0000",
    products: {
      "io.example:debian:12:amd64": {
        os: "debian",
        release: "bookworm",
        arch: "amd64",
        versions: {
          "20260131.095959": {
            items: {
              squashfs: {
                ftype: "squashfs",
                path: "bookworm/amd64/20260131.095959/squashfs",
                sha256: "ab".repeat(32),
                size: 4096,
              },
            },
          },
        },
      },
    },
  });
});

test("renderStreamTree writes two files and no more, even without products", () => {
  expect([...renderStreamTree(treeOf([])).keys()]).toEqual([
    "streams/v1/index.json",
    "streams/v1/io.example:images.json",
  ]);
});

test("renderStreamTree refuses two products of one name", () => {
  const other = { ...DEBIAN, items: [] };
  expect(() => renderStreamTree(treeOf([DEBIAN, other])))
    .toThrow('two entries for the product "io.example:debian:12:amd64"');
});

test("renderStreamTree refuses two files at one path, across products too", () => {
  const other = { ...DEBIAN, name: "io.example:debian:13:amd64" };
  expect(() => renderStreamTree(treeOf([DEBIAN, other]))).toThrow("two entries for the path");
});

test("renderStreamTree refuses two items of one name", () => {
  const twice = { ...DEBIAN, items: [SQUASHFS, { ...SQUASHFS, path: "elsewhere" }] };
  expect(() => renderStreamTree(treeOf([twice]))).toThrow("two entries for the item");
});
