import { type ImageFileRole, rootFileOf } from "@/shared/machine/image_file.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { type ImageNeeds, needsFromFields } from "./image_needs.ts";

/** One file of a product's version, as a SimpleStreams tree describes it. */
export interface StreamItem {
  readonly ftype: string;
  readonly path: string;
  readonly sha256: string;
  readonly size: number;
  readonly kernel_options?: string;
}

export interface StreamVersion {
  readonly kernel_options?: string;
  readonly items: Readonly<Record<string, StreamItem>>;
}

/** The fields that images are made of; trees have many more. */
export interface StreamProduct {
  readonly arch?: string;
  readonly os?: string;
  readonly release?: string;
  readonly release_title?: string;
  readonly title?: string;
  readonly kernel_options?: string;
  readonly subarch?: string;
  readonly subarches?: string;
  readonly label?: string;
  /** Every field of the product that is a text, those above included. */
  readonly fields?: Readonly<Record<string, string>>;
  readonly versions: Readonly<Record<string, StreamVersion>>;
}

/** What is wanted of a source: a product that fits every list. An empty list fits all. */
export interface SourceSelection {
  readonly os: readonly string[];
  readonly releases: readonly string[];
  readonly architectures: readonly string[];
  readonly subarches: readonly string[];
  readonly labels: readonly string[];
}

/** Which products, of each the newest how many versions. No selection at all wants everything. */
export interface WhatIsWanted {
  readonly selections: readonly SourceSelection[];
  readonly keepVersions: number;
}

export interface WantedFile {
  readonly name: string;
  readonly role: ImageFileRole;
  readonly path: string;
  readonly sha256: string;
  readonly bytes: number;
}

/** An image to take from a source. */
export interface WantedImage extends ImageNeeds {
  readonly product: string;
  readonly version: string;
  readonly kind: "os" | "bootloader";
  readonly title: string;
  readonly os: string;
  readonly release: string;
  readonly releaseTitle: string;
  readonly architecture: string;
  readonly subarch: string;
  readonly label: string;
  readonly kernelOptions: string;
  /** The product's own words for itself, to be published as they came. */
  readonly streamFields: Readonly<Record<string, string>>;
  readonly files: readonly WantedFile[];
}

/** A product that cannot be used, and why. */
export interface SkippedProduct {
  readonly product: string;
  readonly reason: string;
}

/** MAAS's file types that we boot with; other types (manifests, curtin's tarballs) are passed over. */
const ROLES: Readonly<Record<string, ImageFileRole>> = {
  "boot-kernel": "kernel",
  "boot-initrd": "initrd",
  "squashfs": "squashfs",
  "bootloader": "bootfile",
  "root-tgz": "root-tgz",
  "root-txz": "root-txz",
  "root-dd.raw": "root-dd",
  "root-dd.gz": "root-dd.gz",
  "root-dd.xz": "root-dd.xz",
  "root-dd.zst": "root-dd.zst",
};

const NEWEST_OF_ALL: WhatIsWanted = { selections: [], keepVersions: 1 };

/**
 * The newest versions of every product that is wanted and can be booted, and what was left out of
 * those wanted. Throws `image_source.contradicts_itself` when two files claim one path.
 */
export function chooseImages(
  products: Readonly<Record<string, StreamProduct>>,
  { selections, keepVersions }: WhatIsWanted = NEWEST_OF_ALL,
): { wanted: WantedImage[]; skipped: SkippedProduct[] } {
  const wanted: WantedImage[] = [];
  const skipped: SkippedProduct[] = [];
  for (const [name, product] of Object.entries(products)) {
    if (!isWanted(product, selections)) continue;
    for (const found of newestImages(name, product, keepVersions)) {
      if ("reason" in found) skipped.push(found);
      else wanted.push(found);
    }
  }
  checkPaths(wanted);
  return { wanted, skipped };
}

function isWanted(product: StreamProduct, selections: readonly SourceSelection[]): boolean {
  const subarches = [product.subarch, ...product.subarches?.split(",") ?? []]
    .flatMap((one) => one === undefined || one === "" ? [] : [one.trim()]);
  // Boot programs have no subarchitecture and often no release: lists that speak of those let them by.
  const isBootProgram = isOfBootloader(product);
  return selections.length === 0 ||
    selections.some((selection) =>
      fits(selection.os, [product.os]) &&
      fits(selection.architectures, [product.arch]) &&
      fits(selection.labels, [product.label]) &&
      (isBootProgram || fits(selection.releases, [product.release]) &&
          fits(selection.subarches, subarches))
    );
}

function isOfBootloader(product: StreamProduct): boolean {
  return Object.values(product.versions).some(({ items }) =>
    Object.values(items).some(({ ftype }) => ftype === "bootloader")
  );
}

function fits(list: readonly string[], values: readonly (string | undefined)[]): boolean {
  return list.length === 0 || list.includes("*") ||
    values.some((value) => value !== undefined && list.includes(value));
}

function newestImages(
  name: string,
  product: StreamProduct,
  keepVersions: number,
): (WantedImage | SkippedProduct)[] {
  // Version names begin with a date, so that text order is time order.
  const versions = Object.keys(product.versions).sort().reverse().slice(0, keepVersions);
  if (versions.length === 0) return [{ product: name, reason: "it has no version" }];
  return versions.map((version) => imageOf(name, product, version));
}

function imageOf(
  name: string,
  product: StreamProduct,
  version: string,
): WantedImage | SkippedProduct {
  const contents = product.versions[version] ?? { items: {} };
  const items = Object.values(contents.items);
  const files = items.flatMap(wantedFile);
  const kind = files.some(({ role }) => role === "bootfile") ? "bootloader" : "os";
  const missing = missingRole(kind, files);
  if (missing) return { product: name, reason: `version ${version} has no ${missing}` };
  if (product.arch === undefined) return { product: name, reason: "it names no architecture" };
  const needs = needsFromFields(product.fields ?? {});
  if (typeof needs === "string") return { product: name, reason: `it ${needs}` };
  const os = product.os ?? name;
  const release = product.release ?? version;
  const releaseTitle = product.release_title ?? release;
  return {
    product: name,
    version,
    kind,
    title: product.title ?? (kind === "os" ? releaseTitle : `${os} boot programs`),
    os,
    release,
    releaseTitle,
    architecture: product.arch,
    subarch: product.subarch ?? "",
    label: product.label ?? "",
    kernelOptions: items.find((item) => item.kernel_options)?.kernel_options ??
      contents.kernel_options ?? product.kernel_options ?? "",
    ...needs,
    streamFields: product.fields ?? {},
    files,
  };
}

/** A path is a file: two that differ cannot both be there, and a mirror would keep one for both. */
function checkPaths(wanted: readonly WantedImage[]): void {
  const hashes = new Map<string, string>();
  for (const { path, sha256 } of wanted.flatMap(({ files }) => files)) {
    const known = hashes.get(path);
    if (known !== undefined && known !== sha256) {
      throw new DomainError({
        kind: "invalid_input",
        code: "image_source.contradicts_itself",
        message:
          `the source says of ${path} that its SHA-256 is ${known}, and that it is ${sha256}`,
      });
    }
    hashes.set(path, sha256);
  }
}

function wantedFile(item: StreamItem): WantedFile[] {
  const role = ROLES[item.ftype];
  if (!role) return [];
  const name = item.path.split("/").at(-1) ?? item.path;
  return [{ name, role, path: item.path, sha256: item.sha256, bytes: item.size }];
}

function missingRole(kind: "os" | "bootloader", files: readonly WantedFile[]): string | undefined {
  const root = rootFileOf(files);
  if (kind === "bootloader" || root && root.role !== "squashfs") return undefined;
  return ["kernel", "initrd", "squashfs"].find((role) => !files.some((file) => file.role === role));
}
