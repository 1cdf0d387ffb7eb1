import { DomainError } from "@/shared/errors/domain_error.ts";
import { exists, hasAccount, hasSystemd, hostCommand, removeAll } from "./host_command.ts";
import { ACCOUNT, placesBelow, UNIT_NAME } from "./places.ts";
import { systemdUnit } from "./systemd_unit.ts";

/**
 * Puts this program in place as a service; again over an older version, it replaces that.
 *
 * `builtFile` is the one file that this program came in. With a `root` neither an account is made nor
 * systemd told: that is for images and packages. Throws DomainErrors.
 */
export async function installAgent(
  { root }: { readonly root: string },
  builtFile: string | undefined,
): Promise<void> {
  if (!builtFile) {
    throw new DomainError({
      kind: "invalid_input",
      code: "install.not_built",
      message: "only a built agent can be installed; make one with `deno task build:agent`",
    });
  }
  requireRoot();
  const places = placesBelow(root);
  for (const path of [places.program, places.unit, places.data]) await ensureFolder(above(path));
  await makePassable(above(places.data));
  await ensureFolder(places.unpacked);
  await makePassable(places.unpacked);
  await Deno.mkdir(places.data, { recursive: true, mode: 0o700 });
  await replaceFile(builtFile, places.program);
  await placeUnpacked(places.unpacked);
  await Deno.writeTextFile(places.unit, systemdUnit(placesBelow("")));
  await Deno.chmod(places.unit, 0o644);
  console.log(`installed ${places.program} and ${places.unit}`);
  if (root !== "") return;
  if (!await hasAccount(ACCOUNT)) await addAccount();
  await hostCommand("chown", "-R", `${ACCOUNT}:`, places.data);
  if (await hasSystemd()) await hostCommand("systemctl", "daemon-reload");
  console.log("next: rackwright-agent join <region-url> --token <token>");
  console.log(`then: systemctl enable --now ${UNIT_NAME}`);
}

function above(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

async function ensureFolder(path: string): Promise<void> {
  await Deno.mkdir(path, { recursive: true, mode: 0o755 });
}

/** For a folder of ours alone: the service's account must get through, whatever root's umask is. */
async function makePassable(path: string): Promise<void> {
  await Deno.chmod(path, 0o755);
}

export function requireRoot(): void {
  if (Deno.uid() === 0) return;
  throw new DomainError({
    kind: "forbidden",
    code: "install.needs_root",
    message: "this changes the host, so it needs root: sudo rackwright-agent …",
  });
}

async function addAccount(): Promise<void> {
  const where = ["--home-dir", "/var/lib/rackwright", "--no-create-home"];
  const shell = ["--shell", "/usr/sbin/nologin"];
  await hostCommand("useradd", "--system", ...where, ...shell, ACCOUNT);
}

/** A running program's file cannot be written, but another can take its name. */
async function replaceFile(from: string, to: string): Promise<void> {
  if (await Deno.realPath(to).catch(() => "") === await Deno.realPath(from)) return;
  await Deno.copyFile(from, `${to}.new`);
  await Deno.chmod(`${to}.new`, 0o755);
  await Deno.rename(`${to}.new`, to);
}

/**
 * Unpacked where only root may write, so that the service cannot change its own program. A compiled
 * agent has nothing to unpack.
 */
async function placeUnpacked(folder: string): Promise<void> {
  const running = above(Deno.execPath());
  if (!await exists(`${running}/main.js`)) return;
  const name = running.slice(running.lastIndexOf("/") + 1);
  const target = `${folder}/${name}`;
  if (running !== target) {
    await removeAll(target);
    await Deno.mkdir(target);
    await makePassable(target);
    for await (const { name: file, isFile } of Deno.readDir(running)) {
      if (!isFile) continue;
      await Deno.copyFile(`${running}/${file}`, `${target}/${file}`);
      await Deno.chmod(`${target}/${file}`, file === "deno" ? 0o755 : 0o644);
    }
  }
  for await (const { name: other } of Deno.readDir(folder)) {
    if (other !== name) await removeAll(`${folder}/${other}`);
  }
}
