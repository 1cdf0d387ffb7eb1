/** One file of a product, as it lies below the tree's root. */
export interface StreamItem {
  /** Name within the version, such as `boot-kernel` or `snponly.efi`. */
  readonly name: string;
  /** MAAS's file type: `boot-kernel`, `boot-initrd`, `squashfs`, `bootloader`. */
  readonly ftype: string;
  /** Relative to the tree's root; unique within the tree. */
  readonly path: string;
  /** Lower-case hexadecimal. */
  readonly sha256: string;
  readonly sizeBytes: number;
}

/** One product with its only version: a tree of ours never carries an old one. */
export interface StreamProduct {
  /** `io.example:debian:12:amd64`: unique within the tree. */
  readonly name: string;
  /** MAAS's product fields: os, release, arch, subarches, kflavor, bootloader-type, … */
  readonly fields: Readonly<Record<string, string>>;
  /** Versions of a product are compared as text and the greatest wins: start with the date. */
  readonly version: string;
  readonly items: readonly StreamItem[];
}

/** What the index points at. */
export interface StreamTree {
  /** Names the products file too: `streams/v1/<contentId>.json`. */
  readonly contentId: string;
  readonly updatedAt: Date;
  readonly products: readonly StreamProduct[];
}

/**
 * Renders the two JSON files of a SimpleStreams tree, by path below its root.
 *
 * The layout is the one of MAAS's image sources: `index:1.0` with one `products:1.0` file, unsigned.
 * Throws when two products or two files claim the same name, as a mirror would keep only one.
 */
export function renderStreamTree(tree: StreamTree): Map<string, string> {
  requireUnique("product", tree.products.map((product) => product.name));
  requireUnique("path", tree.products.flatMap(({ items }) => items.map((item) => item.path)));

  const productsPath = `streams/v1/${tree.contentId}.json`;
  // RFC 2822 dates, always in UTC: `Thu, 01 Jan 1970 00:00:00 +0000`.
  const updated = tree.updatedAt.toUTCString().replace("GMT", "+0000");
  const index = {
    format: "index:1.0",
    updated,
    index: {
      [tree.contentId]: {
        datatype: "image-downloads",
        format: "products:1.0",
        path: productsPath,
        products: tree.products.map((product) => product.name),
        updated,
      },
    },
  };
  const products = {
    content_id: tree.contentId,
    datatype: "image-downloads",
    format: "products:1.0",
    updated,
    products: Object.fromEntries(tree.products.map((p) => [p.name, renderProduct(p)])),
  };
  return new Map([
    ["streams/v1/index.json", renderJson(index)],
    [productsPath, renderJson(products)],
  ]);
}

function renderProduct(product: StreamProduct) {
  requireUnique(`item of ${product.name}`, product.items.map((item) => item.name));
  const items = product.items.map(({ name, ftype, path, sha256, sizeBytes }) => [
    name,
    { ftype, path, sha256, size: sizeBytes },
  ]);
  return {
    ...product.fields,
    versions: { [product.version]: { items: Object.fromEntries(items) } },
  };
}

function requireUnique(what: string, names: readonly string[]): void {
  const repeated = names.find((name, i) => names.indexOf(name) !== i);
  if (repeated !== undefined) throw new Error(`two entries for the ${what} "${repeated}"`);
}

function renderJson(value: unknown): string {
  return JSON.stringify(value, null, 1) + "\n";
}
