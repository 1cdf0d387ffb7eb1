import { fileURLToPath } from "node:url";

const FOLDERS = ["/usr/sbin", "/usr/bin"];
const UNPACKED = fileURLToPath(new URL("../../.rackwright/bench/peers", import.meta.url));

/**
 * Where a peer's program is: installed, or else unpacked from its Debian package, since some peers
 * cannot be installed side by side: atftpd brings an `in.tftpd` too. Throws when neither can be had.
 */
export async function peerProgram(program: string, debianPackage: string): Promise<string> {
  const folder = `${UNPACKED}/${debianPackage}`;
  const find = () =>
    firstFile(["", folder].flatMap((root) => FOLDERS.map((f) => root + f)), program);
  const there = await find();
  if (there) return there;
  await Deno.mkdir(folder, { recursive: true });
  await run("apt-get", ["-q", "download", debianPackage], folder);
  for await (const { name } of Deno.readDir(folder)) {
    if (name.endsWith(".deb")) await run("dpkg", ["-x", name, "."], folder);
  }
  const unpacked = await find();
  if (unpacked) return unpacked;
  throw new Error(`the package ${debianPackage} has no program ${program}`);
}

async function firstFile(folders: readonly string[], name: string): Promise<string | undefined> {
  for (const folder of folders) {
    if (await isFile(`${folder}/${name}`)) return `${folder}/${name}`;
  }
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
