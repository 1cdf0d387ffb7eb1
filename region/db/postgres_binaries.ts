/**
 * Puts the server's programs beside its data and returns their folder (`bin/`, `lib/`, `share/`).
 *
 * The package manager's copy is not used where it lies: its symbolic links and execute bits come
 * with an install script that is switched off, and the server's account may not reach it.
 */
export async function copyBinaries(initdbPath: string, folder: string): Promise<string> {
  const source = initdbPath.replace(/\/bin\/initdb$/, "");
  const target = `${folder}/postgresql-${await versionOf(source)}`;
  if (await isFolder(target)) return target;
  const aside = `${target}.new`;
  await Deno.remove(aside, { recursive: true }).catch(() => {});
  await copyFolder(source, aside);
  await makeLinks(source, aside);
  for await (const { name } of Deno.readDir(`${aside}/bin`)) {
    await Deno.chmod(`${aside}/bin/${name}`, 0o755);
  }
  await Deno.chmod(aside, 0o755);
  await Deno.rename(aside, target);
  return target;
}

/** The package's version, so that a newer package is copied anew. */
async function versionOf(source: string): Promise<string> {
  const manifest: unknown = JSON.parse(await Deno.readTextFile(`${source}/../package.json`));
  if (typeof manifest === "object" && manifest !== null && "version" in manifest) {
    return String(manifest.version);
  }
  throw new Error(`${source}/../package.json names no version`);
}

async function copyFolder(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true, mode: 0o755 });
  for await (const entry of Deno.readDir(from)) {
    const [source, target] = [`${from}/${entry.name}`, `${to}/${entry.name}`];
    if (entry.isDirectory) await copyFolder(source, target);
    else if (entry.isFile) await Deno.copyFile(source, target);
  }
}

/** npm packages cannot hold symbolic links; this one lists them, as paths from the package's root. */
async function makeLinks(source: string, target: string): Promise<void> {
  const list: unknown = JSON.parse(await Deno.readTextFile(`${source}/pg-symlinks.json`));
  if (!Array.isArray(list)) throw new Error(`${source}/pg-symlinks.json is not a list`);
  for (const entry of list) {
    const from = String(entry.source).replace(/^native\//, "");
    const to = String(entry.target).replace(/^native\//, "");
    await Deno.symlink(relativeLink(from, to), `${target}/${to}`).catch((error) => {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    });
  }
}

/** `lib/a.so.1` as seen from the folder of `lib/a.so`. */
function relativeLink(from: string, to: string): string {
  const up = to.split("/").length - 1;
  return `${"../".repeat(up)}${from}`;
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isDirectory;
  } catch {
    return false;
  }
}
