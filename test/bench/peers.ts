import { fileURLToPath } from "node:url";

const FOLDERS = ["/usr/sbin", "/usr/bin"];
const UNPACKED = fileURLToPath(new URL("../../.rackwright/bench/peers", import.meta.url));

/**
 * Where a peer's program is: installed, or else unpacked from its Debian package, since some peers
 * cannot be installed side by side. Throws when neither can be had.
 */
export async function peerProgram(program: string, debianPackage: string): Promise<string> {
  for (const folder of [...FOLDERS, ...FOLDERS.map((path) => UNPACKED + path)]) {
    if (await isFile(`${folder}/${program}`)) return `${folder}/${program}`;
  }
  await Deno.mkdir(UNPACKED, { recursive: true });
  await run("apt-get", ["-q", "download", debianPackage], UNPACKED);
  for await (const { name } of Deno.readDir(UNPACKED)) {
    if (name.startsWith(`${debianPackage}_`)) await run("dpkg", ["-x", name, "."], UNPACKED);
  }
  for (const folder of FOLDERS) {
    if (await isFile(`${UNPACKED}${folder}/${program}`)) return `${UNPACKED}${folder}/${program}`;
  }
  throw new Error(`the package ${debianPackage} has no program ${program}`);
}

async function isFile(path: string): Promise<boolean> {
  return await Deno.stat(path).then(({ isFile }) => isFile, () => false);
}

async function run(program: string, args: string[], cwd: string): Promise<void> {
  const { success, stderr } = await new Deno.Command(program, { args, cwd, stdout: "null" })
    .output();
  if (!success) {
    throw new Error(`${program} ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
  }
}
