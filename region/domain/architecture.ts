/** What `uname -m` says, in Debian's words; others stay as they are. */
const DEBIAN_NAMES: Record<string, string> = { x86_64: "amd64", aarch64: "arm64" };

/** `x86_64` is amd64, `aarch64` is arm64: images and people use Debian's names. */
export function debianArchitecture(machine: string): string {
  return DEBIAN_NAMES[machine] ?? machine;
}
