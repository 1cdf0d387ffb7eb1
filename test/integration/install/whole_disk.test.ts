import { createHash } from "node:crypto";
import { afterEach, beforeEach, expect, test } from "vitest";
import { compileInstallPlan } from "@/region/domain/install/install_plan.ts";
import { installStorageOf } from "@/region/domain/storage/installable.ts";
import type { ImageFileRole, RootRole } from "@/shared/machine/image_file.ts";

const MIB = 1024 ** 2;
const DISK_MIB = 4096;
/** A plan writes to these of the system that installs; of this host, they are left alone. */
const HIDE = "for each in /etc/mdadm /etc/lvm /run; do " +
  "if [ -d $each ]; then mount -t tmpfs tmpfs $each; fi; done\n";
/** The machine's disk, as a loop device over a sparse file. */
let loop: string;
let folder: string;
let server: Deno.HttpServer<Deno.NetAddr>;
let served: Uint8Array<ArrayBuffer>;

beforeEach(async () => {
  folder = await Deno.makeTempDir();
  await shell(`truncate -s ${DISK_MIB}M ${folder}/disk`);
  loop = (await shell(`losetup --find --show --partscan ${folder}/disk`)).trim();
  server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    () => new Response(served),
  );
});
afterEach(async () => {
  await shell(`partx --delete ${loop} 2> /dev/null || true; losetup --detach ${loop}`);
  await server.shutdown();
  await Deno.remove(folder, { recursive: true });
});

async function shell(script: string, env: Record<string, string> = {}): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command("sh", {
    args: ["-euc", script],
    env,
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

/** A disk of one ext4 with `etc/cloud` in it, or without; packed as `pack` does. */
async function makeImage(pack: string, hasCloud = true): Promise<void> {
  await shell(`cd ${folder}
    mkdir -p root/etc/${hasCloud ? "cloud/cloud.cfg.d" : "nothing"} root/usr/bin
    truncate -s 64M image
    printf 'start=1MiB, size=60MiB, type=linux\\n' | sfdisk --quiet --label gpt image
    mke2fs -q -t ext4 -d root -E offset=${MIB} image 60M
    ${pack} < image > packed`);
  served = await Deno.readFile(`${folder}/packed`);
}

/** Runs the plan for the disk; its last step unmounts, so what is there is looked at before. */
async function install(
  role: RootRole & ImageFileRole,
  sha256 = createHash("sha256").update(served).digest("hex"),
): Promise<string> {
  const disk = { name: loop.slice("/dev/".length), path: loop, bytes: DISK_MIB * MIB };
  const { plan: storage, disks } = installStorageOf({ layout: "flat" }, {
    ...{ architecture: "x86_64", firmware: "bios", system: {}, cpu: { cores: 1 }, memoryMib: 1 },
    ...{ interfaces: [], disks: [disk] },
  });
  const plan = compileInstallPlan({
    ...{ hostname: "node-1", firmware: "bios", bootMac: "52:54:00:00:00:01", kernelOptions: "" },
    ...{ storage, disks, root: role },
  });
  const look = `ls -A "$TARGET/etc/cloud/cloud.cfg.d"; cat "$TARGET/etc/hostname"\n`;
  const script = plan.replace(/^(echo "== step \d+\/\d+: unmount")$/m, `${look}$1`);
  await Deno.writeTextFile(`${folder}/plan.sh`, HIDE + script);
  // What it mounts goes with it.
  return await shell(`unshare --mount --propagation private sh ${folder}/plan.sh`, {
    RACKWRIGHT_IMAGE_URL: `http://127.0.0.1:${server.addr.port}/image`,
    RACKWRIGHT_IMAGE_SHA256: sha256,
    RACKWRIGHT_CLOUD_CONFIG: "datasource: {}",
  });
}

test.each<[RootRole & ImageFileRole, string]>([
  ["root-dd", "cat"],
  ["root-dd.gz", "gzip -1 -c"],
  ["root-dd.xz", "xz -0 -c"],
  ["root-dd.zst", "zstd -q -1 -c"],
])("%s is written to the disk, and its system is told who it is", async (role, pack) => {
  await makeImage(pack);
  const output = await install(role);
  expect(output).toContain("90_dpkg_local_cloud_config.cfg");
  expect(output).toMatch(/^91_network\.cfg\nnode-1$/m);
});

test("bytes that are not the image end the installation, and so does another format", async () => {
  await makeImage("gzip -1 -c");
  await expect(install("root-dd.gz", "0".repeat(64))).rejects.toThrow(
    /what arrived is not the image/,
  );
  await expect(install("root-dd.xz")).rejects.toThrow(/cannot be unpacked as dd.xz/);
});

test("a disk without cloud-init in it is refused by name", async () => {
  await makeImage("cat", false);
  await expect(install("root-dd")).rejects.toThrow(/no filesystem of the image has \/etc\/cloud/);
});
