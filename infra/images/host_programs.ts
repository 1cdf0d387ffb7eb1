/** Boot programs that Debian's `ipxe` package brings, as the tree publishes them. */
export const IPXE_PROGRAMS = ["undionly.kpxe", "snponly.efi", "ipxe.efi"] as const;
export const IPXE_FOLDER = "/usr/lib/ipxe";

/** What the build takes from the host, and the Debian package that has it. */
const NEEDED: readonly { readonly path: string; readonly package: string }[] = [
  { path: "/usr/bin/mmdebstrap", package: "mmdebstrap" },
  { path: "/usr/bin/mksquashfs", package: "squashfs-tools" },
  { path: "/usr/sbin/chroot", package: "coreutils" },
  ...IPXE_PROGRAMS.map((name) => ({ path: `${IPXE_FOLDER}/${name}`, package: "ipxe" })),
];

/** Debian packages a host needs to build the image. Everything else runs inside the new root. */
export const IMAGE_PACKAGES: readonly string[] = [...new Set(NEEDED.map((need) => need.package))];

/** Throws with the apt command that helps when a program is missing, or when not run by root. */
export async function requireHostPrograms(): Promise<void> {
  if (Deno.uid() !== 0) throw new Error("building an image needs root: packages set file owners");
  const missing: string[] = [];
  for (const need of NEEDED) {
    const isThere = await Deno.stat(need.path).then(() => true, () => false);
    if (!isThere) missing.push(need.package);
  }
  if (missing.length === 0) return;
  const packages = [...new Set(missing)].join(" ");
  throw new Error(`the image build needs: apt-get install --no-install-recommends ${packages}`);
}
