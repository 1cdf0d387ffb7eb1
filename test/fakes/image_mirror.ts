import { createHash } from "node:crypto";
import { renderStreamTree } from "@/infra/images/simplestreams_tree.ts";

export interface ImageMirror {
  /** As `POST /images/imports` takes it. */
  readonly url: string;
  stop(): Promise<void>;
}

const RELEASES = [
  { release: "trixie", title: "Debian 13", version: "20260901" },
  { release: "bookworm", title: "Debian 12", version: "20260815" },
] as const;

/** Serves a tree of two small systems and a boot program on a free port of the loopback. */
export function serveImageMirror(): ImageMirror {
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  const item = (folder: string, name: string, ftype: string) => {
    const bytes = new TextEncoder().encode(`${folder}/${name}`);
    const path = `${folder}/${name}`;
    files.set(`/${path}`, bytes);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    return { name, ftype, path, sha256, sizeBytes: bytes.length };
  };
  const systems = RELEASES.map(({ release, title, version }) => ({
    name: `com.example:debian:${release}:amd64`,
    fields: {
      os: "debian",
      release,
      release_title: title,
      version: release,
      arch: "amd64",
      subarches: "generic",
      label: "test",
      kflavor: "generic",
    },
    version,
    items: [
      item(release, "boot-kernel", "boot-kernel"),
      item(release, "boot-initrd", "boot-initrd"),
      item(release, "squashfs", "squashfs"),
    ],
  }));
  const tree = renderStreamTree({
    contentId: "com.example:test",
    updatedAt: new Date("2026-09-01T00:00:00Z"),
    products: [...systems, {
      name: "com.example:ipxe:amd64",
      fields: { os: "ipxe", arch: "amd64", label: "test", "bootloader-type": "uefi" },
      version: "20260901",
      items: [item("ipxe", "snponly.efi", "bootloader")],
    }],
  });
  for (const [path, text] of tree) files.set(`/${path}`, new TextEncoder().encode(text));
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request) => {
      const bytes = files.get(new URL(request.url).pathname);
      return bytes ? new Response(bytes) : new Response(null, { status: 404 });
    },
  );
  return { url: `http://127.0.0.1:${server.addr.port}/`, stop: () => server.shutdown() };
}
