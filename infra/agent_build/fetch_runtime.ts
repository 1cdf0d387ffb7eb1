import { runProgram } from "@/infra/images/run_program.ts";
import type { Arch } from "./build_agent.ts";

/**
 * The runtime of another machine, of this one's version, from where npm gets its packages; kept in
 * `folder`. Throws with what to do when it cannot be had.
 */
export async function fetchRuntime(arch: Arch, folder: string): Promise<string> {
  const version = Deno.version.deno;
  const kept = `${folder}/${version}-${arch}`;
  const path = `${kept}/package/deno`;
  if (await Deno.stat(path).then(() => true, () => false)) return path;
  const name = `@deno/linux-${arch}-glibc@${version}`;
  const aside = `${kept}.part`;
  await Deno.remove(aside, { recursive: true }).catch(() => {});
  await Deno.mkdir(aside, { recursive: true });
  try {
    const packed = await runProgram("npm", ["pack", name, "--silent", "--pack-destination", aside]);
    await runProgram("tar", ["-xzf", `${aside}/${packed.trim()}`, "-C", aside]);
  } catch (cause) {
    throw new Error(
      `there is no runtime for ${arch}: npm has no ${name}; give the deno of that machine with ` +
        "--runtime",
      { cause },
    );
  }
  await Deno.chmod(`${aside}/package/deno`, 0o755);
  await Deno.rename(aside, kept);
  return path;
}
