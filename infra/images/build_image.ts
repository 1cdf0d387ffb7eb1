import { hashRecipe, pickAptOptions, type RecipeFile, renderSources } from "./recipe.ts";
import { ARCHITECTURE, IMAGE_CONTENTS, RELEASE } from "./recipe.ts";
import { readRecipe } from "./read_recipe.ts";
import { publishImage } from "./publish_image.ts";
import { requireHostPrograms } from "./host_programs.ts";
import { type LogLine, runProgram } from "./run_program.ts";

export { IMAGE_PACKAGES } from "./host_programs.ts";

export interface BuildImageOptions {
  /** Holds one folder per recipe; created when missing. */
  readonly cacheFolder: string;
  /** Builds even when the cache has this recipe: newer packages get in. */
  readonly rebuild: boolean;
  readonly log: LogLine;
}

export interface BuiltImage {
  /** Root of the SimpleStreams tree: it contains `streams/v1/index.json`. */
  readonly streamsFolder: string;
  /** False when the cache already had it. */
  readonly built: boolean;
}

/**
 * Builds the image of this recipe, unless the cache has it, and returns its SimpleStreams tree.
 *
 * Needs root, the packages of `IMAGE_PACKAGES` and a Debian archive; about four minutes. Two callers
 * at once wait for each other. A build that breaks off leaves nothing that a later call would use.
 * Throws an `Error` naming the missing program, or the failed step with the end of its output.
 */
export async function buildImage(options: BuildImageOptions): Promise<BuiltImage> {
  const recipe = await readRecipe();
  const name = `debian-12-${ARCHITECTURE}-${hashRecipe(recipe)}`;
  const imageFolder = `${options.cacheFolder}/${name}`;
  const done = { streamsFolder: `${imageFolder}/streams` };
  await Deno.mkdir(options.cacheFolder, { recursive: true });

  using lock = await Deno.open(`${options.cacheFolder}/build.lock`, { create: true, write: true });
  await lock.lock(true);
  if (!options.rebuild && await exists(imageFolder)) return { ...done, built: false };

  await requireHostPrograms();
  await removeLeftovers(options.cacheFolder);
  const work = await Deno.makeTempDir({ dir: options.cacheFolder, prefix: LEFTOVER_PREFIX });
  try {
    await buildRoot(work, recipe, options.log);
    await packRoot(work, options.log);
    await publishImage({
      work,
      streamsFolder: `${work}/image/streams`,
      builtAt: new Date(),
      kernelOptions: kernelOptionsOf(recipe),
    });
    await removeFolder(imageFolder);
    await Deno.rename(`${work}/image`, imageFolder);
  } finally {
    await removeFolder(work);
  }
  options.log(`image ready in ${imageFolder}`);
  return { ...done, built: true };
}

const LEFTOVER_PREFIX = "building-";

/** What every kernel of this image is started with: an emulated machine has no neighbours to fear. */
function kernelOptionsOf(recipe: readonly RecipeFile[]): string {
  const file = recipe.find(({ path }) => path === "kernel_options");
  return new TextDecoder().decode(file?.content).trim();
}

/** The lock is ours, so whatever an earlier build left is dead. */
async function removeLeftovers(cacheFolder: string): Promise<void> {
  for await (const entry of Deno.readDir(cacheFolder)) {
    if (entry.name.startsWith(LEFTOVER_PREFIX)) await removeFolder(`${cacheFolder}/${entry.name}`);
  }
}

/** Installs the packages into `work/root` and lets the recipe's script finish it. */
async function buildRoot(work: string, recipe: readonly RecipeFile[], log: LogLine): Promise<void> {
  const root = `${work}/root`;
  await Deno.writeTextFile(`${work}/sources.list`, await hostSources());
  const aptOptions = pickAptOptions(await runProgram("apt-config", ["dump"]));
  log("installing packages (about two minutes)");
  await runProgram("mmdebstrap", [
    "--variant=minbase",
    "--mode=root",
    "--format=directory",
    `--architectures=${ARCHITECTURE}`,
    `--include=${IMAGE_CONTENTS.join(",")}`,
    ...aptOptions.map((option) => `--aptopt=${option}`),
    ...EXCLUDED_PATHS.map((path) => `--dpkgopt=path-exclude=${path}`),
    "--dpkgopt=path-include=/usr/share/doc/*/copyright",
    RELEASE,
    root,
    `${work}/sources.list`,
  ]);

  log("making the initramfs, trimming modules");
  await writeRecipe(`${root}/recipe`, recipe);
  // The image updates itself from where it was built from.
  await Deno.mkdir(`${root}/recipe/root/etc/apt`, { recursive: true });
  await Deno.copyFile(`${work}/sources.list`, `${root}/recipe/root/etc/apt/sources.list`);
  // dpkg's options were for the build; in the image they would hide manual pages for ever.
  await runProgram("chroot", [root, "sh", "/recipe/customize.sh"], {
    PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
    LC_ALL: "C.UTF-8",
  });
  await Deno.rename(`${root}/result`, `${work}/result`);
  await removeFolder(`${root}/recipe`);
}

const EXCLUDED_PATHS = [
  "/usr/share/man/*",
  "/usr/share/doc/*",
  "/usr/share/info/*",
  "/usr/share/locale/*/LC_MESSAGES/*.mo",
] as const;

/** The archives the host itself uses, so that a local mirror and a pinned snapshot keep working. */
async function hostSources(): Promise<string> {
  const format = "$(REPO_URI) $(RELEASE) $(COMPONENT)";
  const filters = ["Created-By: Packages", "Origin: Debian"];
  const args = ["indextargets", "--format", format, ...filters];
  const sources = renderSources(await runProgram("apt-get", args));
  if (sources !== "") return sources;
  throw new Error(`apt knows no Debian ${RELEASE} archive here: run apt-get update first`);
}

async function writeRecipe(folder: string, recipe: readonly RecipeFile[]): Promise<void> {
  for (const { path, content, executable } of recipe) {
    const target = `${folder}/${path}`;
    await Deno.mkdir(target.slice(0, target.lastIndexOf("/")), { recursive: true });
    await Deno.writeFile(target, content);
    await Deno.chmod(target, executable ? 0o755 : 0o644);
  }
}

/**
 * Packs the root as a squashfs that costs little to unpack: lz4 is larger than zstd but needs a
 * fraction of the processor time, which is what an emulated machine is short of.
 */
async function packRoot(work: string, log: LogLine): Promise<void> {
  log("packing the root image");
  const compression = ["-comp", "lz4", "-Xhc", "-b", "256K"];
  const quiet = ["-noappend", "-no-progress", "-quiet"];
  const args = [`${work}/root`, `${work}/result/squashfs`, ...compression, ...quiet];
  await runProgram("mksquashfs", args);
}

async function removeFolder(folder: string): Promise<void> {
  await Deno.remove(folder, { recursive: true }).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}
