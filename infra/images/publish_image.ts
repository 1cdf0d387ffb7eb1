import { createHash } from "node:crypto";
import { IPXE_FOLDER, IPXE_PROGRAMS } from "./host_programs.ts";
import { ARCHITECTURE, RELEASE } from "./recipe.ts";
import { renderStreamTree, type StreamItem, type StreamProduct } from "./simplestreams_tree.ts";

export interface PublishImageOptions {
  /** Its `result` folder holds boot-kernel, boot-initrd, squashfs and local_boot.efi; they move. */
  readonly work: string;
  readonly streamsFolder: string;
  /** Becomes the products' version. */
  readonly builtAt: Date;
  /** For the kernel command line, of the network boot and of the installed system. */
  readonly kernelOptions: string;
}

const CONTENT_ID = "io.rackwright.test:images";

/** Lays the built files out as a SimpleStreams tree, the way MAAS's image sources do. */
export async function publishImage(options: PublishImageOptions): Promise<void> {
  // 20260131.095959: versions compare as text, so a rebuild on the same day is still newer.
  const version = options.builtAt.toISOString().slice(0, 19).replaceAll(/[-:]/g, "")
    .replace("T", ".");
  const products = [
    await publishSystem(options, version),
    await publishBootPrograms(options, version),
  ];
  const tree = { contentId: CONTENT_ID, updatedAt: options.builtAt, products };
  for (const [path, text] of renderStreamTree(tree)) {
    await Deno.mkdir(`${options.streamsFolder}/streams/v1`, { recursive: true });
    await Deno.writeTextFile(`${options.streamsFolder}/${path}`, text);
  }
}

async function publishSystem(
  { work, streamsFolder, kernelOptions }: PublishImageOptions,
  version: string,
): Promise<StreamProduct> {
  const folder = `${RELEASE}/${ARCHITECTURE}/${version}`;
  const paths = {
    "boot-kernel": `${folder}/generic/boot-kernel`,
    "boot-initrd": `${folder}/generic/boot-initrd`,
    "squashfs": `${folder}/squashfs`,
  };
  await Deno.mkdir(`${streamsFolder}/${folder}/generic`, { recursive: true });
  const items: StreamItem[] = [];
  for (const [name, path] of Object.entries(paths)) {
    await Deno.rename(`${work}/result/${name}`, `${streamsFolder}/${path}`);
    items.push(await describeItem(streamsFolder, { name, ftype: name, path }));
  }
  const fields = {
    os: "debian",
    release: RELEASE,
    release_codename: "Bookworm",
    release_title: "Debian 12",
    krel: RELEASE,
    version: "12",
    arch: ARCHITECTURE,
    subarch: "generic",
    subarches: "generic",
    kflavor: "generic",
    kpackage: "linux-image-amd64",
    label: "test",
    kernel_options: kernelOptions,
  };
  return { name: `io.rackwright.test:debian:12:${ARCHITECTURE}`, fields, version, items };
}

async function publishBootPrograms(
  { work, streamsFolder }: PublishImageOptions,
  version: string,
): Promise<StreamProduct> {
  const folder = `bootloaders/ipxe/${ARCHITECTURE}/${version}`;
  await Deno.mkdir(`${streamsFolder}/${folder}`, { recursive: true });
  const sources = [
    ...IPXE_PROGRAMS.map((name) => ({ name, source: `${IPXE_FOLDER}/${name}` })),
    { name: "local_boot.efi", source: `${work}/result/local_boot.efi` },
  ];
  const items: StreamItem[] = [];
  for (const { name, source } of sources) {
    const path = `${folder}/${name}`;
    await Deno.copyFile(source, `${streamsFolder}/${path}`);
    items.push(await describeItem(streamsFolder, { name, ftype: "bootloader", path }));
  }
  const fields = {
    os: "ipxe",
    arch: ARCHITECTURE,
    arches: ARCHITECTURE,
    "bootloader-type": "ipxe",
    label: "test",
  };
  return { name: `io.rackwright.test:ipxe:${ARCHITECTURE}`, fields, version, items };
}

async function describeItem(
  streamsFolder: string,
  item: { name: string; ftype: string; path: string },
): Promise<StreamItem> {
  using file = await Deno.open(`${streamsFolder}/${item.path}`);
  const hash = createHash("sha256");
  let sizeBytes = 0;
  for await (const chunk of file.readable) {
    hash.update(chunk);
    sizeBytes += chunk.length;
  }
  return { ...item, sha256: hash.digest("hex"), sizeBytes };
}
