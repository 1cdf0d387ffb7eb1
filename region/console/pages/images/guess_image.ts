/** Formats of virtual machines and installers, which no machine's disk can be written with. */
export function isForeign(name: string): boolean {
  return /\.(qcow2?|vmdk|vhdx?|vdi|ova|iso|wim|esd)$/i.test(name);
}

const CODENAMES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ["focal", "jammy", "noble", "plucky", "questing", "resolute"].map((name) => [name, "ubuntu"]),
  ),
  ...Object.fromEntries(["bullseye", "bookworm", "trixie"].map((name) => [name, "debian"])),
};
const SYSTEM =
  /(ubuntu|debian|fedora|rocky|almalinux|centos|rhel|opensuse|sles|windows|esxi|freebsd|talos|flatcar)/;

/** What the names of an image's files say of it; empty: nothing. */
export interface ImageGuess {
  readonly os: string;
  readonly release: string;
  readonly architecture: "amd64" | "arm64" | "";
}

export function guessImage(names: readonly string[]): ImageGuess {
  const text = names.join(" ").toLowerCase();
  const codename = Object.keys(CODENAMES).find((name) => text.includes(name));
  const system = SYSTEM.exec(text)?.[1];
  const version = system && new RegExp(`${system}[-_. ]?v?(\\d+(?:\\.\\d+)*)`).exec(text)?.[1];
  return {
    os: system ?? (codename ? CODENAMES[codename] ?? "" : ""),
    release: codename ?? version ?? "",
    architecture: /arm64|aarch64/.test(text)
      ? "arm64"
      : /amd64|x86[-_]64/.test(text)
      ? "amd64"
      : "",
  };
}
