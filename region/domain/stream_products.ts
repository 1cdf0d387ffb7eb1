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
  readonly versions: Readonly<Record<string, StreamVersion>>;
}

export type FileRole = "kernel" | "initrd" | "squashfs" | "bootfile";

export interface WantedFile {
  readonly name: string;
  readonly role: FileRole;
  readonly path: string;
  readonly sha256: string;
  readonly bytes: number;
}

/** An image to take from a source. */
export interface WantedImage {
  readonly product: string;
  readonly version: string;
  readonly kind: "os" | "bootloader";
  readonly title: string;
  readonly os: string;
  readonly release: string;
  readonly releaseTitle: string;
  readonly architecture: string;
  readonly kernelOptions: string;
  readonly files: readonly WantedFile[];
}

/** A product that cannot be used, and why. */
export interface SkippedProduct {
  readonly product: string;
  readonly reason: string;
}

/** MAAS's file types that we boot with; other types (manifests, curtin's tarballs) are passed over. */
const ROLES: Readonly<Record<string, FileRole>> = {
  "boot-kernel": "kernel",
  "boot-initrd": "initrd",
  "squashfs": "squashfs",
  "bootloader": "bootfile",
};

/** The newest version of every product that can be booted, and what was left out. */
export function chooseImages(
  products: Readonly<Record<string, StreamProduct>>,
): { wanted: WantedImage[]; skipped: SkippedProduct[] } {
  const wanted: WantedImage[] = [];
  const skipped: SkippedProduct[] = [];
  for (const [name, product] of Object.entries(products)) {
    const found = newestImage(name, product);
    if ("reason" in found) skipped.push(found);
    else wanted.push(found);
  }
  return { wanted, skipped };
}

function newestImage(name: string, product: StreamProduct): WantedImage | SkippedProduct {
  // Version names begin with a date, so that text order is time order.
  const version = Object.keys(product.versions).sort().at(-1);
  const newest = version === undefined ? undefined : product.versions[version];
  if (version === undefined || !newest) return { product: name, reason: "it has no version" };
  const items = Object.values(newest.items);
  const files = items.flatMap(wantedFile);
  const kind = files.some(({ role }) => role === "bootfile") ? "bootloader" : "os";
  const missing = missingRole(kind, files);
  if (missing) return { product: name, reason: `version ${version} has no ${missing}` };
  if (product.arch === undefined) return { product: name, reason: "it names no architecture" };
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
    kernelOptions: items.find((item) => item.kernel_options)?.kernel_options ??
      newest.kernel_options ?? product.kernel_options ?? "",
    files,
  };
}

function wantedFile(item: StreamItem): WantedFile[] {
  const role = ROLES[item.ftype];
  if (!role) return [];
  const name = item.path.split("/").at(-1) ?? item.path;
  return [{ name, role, path: item.path, sha256: item.sha256, bytes: item.size }];
}

function missingRole(kind: "os" | "bootloader", files: readonly WantedFile[]): string | undefined {
  const needed: FileRole[] = kind === "os" ? ["kernel", "initrd", "squashfs"] : ["bootfile"];
  return needed.find((role) => !files.some((file) => file.role === role));
}
