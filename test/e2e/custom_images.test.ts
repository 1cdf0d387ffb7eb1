import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Anything } from "@/infra/lab/api_views.ts";
import { IMAGE_CACHE } from "@/infra/lab/folders.ts";
import type { RackMachine } from "@/infra/lab/hardware.ts";
import { enlist, registerBmc } from "@/infra/lab/journey.ts";
import { type Rack, startRack } from "@/infra/lab/rack.ts";
import { buildImage } from "@/infra/images/build_image.ts";
import { uploadImage } from "@/infra/images/upload_image.ts";
import type { ImageFileRole } from "@/shared/machine/image_file.ts";
import type { StorageWish } from "@/shared/machine/storage.ts";
import { carryOut, machineNow } from "./rack_watch.ts";
import { signIn } from "./sign_in.ts";

const MIB = 1024 ** 2;
const ROOT_MIB = 2200;
/** The first MiB is the partition table's, the second GRUB's. */
const IMAGE_MIB = 2 + ROOT_MIB;
/** As small as a system may be: what is made of it is a whole-disk image. */
const SMALL: StorageWish = {
  layout: "custom",
  plan: {
    tables: [{
      disk: "vda",
      partitions: [
        { name: "grub", bytes: MIB, role: "bios_boot" },
        { name: "root", bytes: ROOT_MIB * MIB, role: "linux" },
      ],
    }],
    raids: [],
    volumeGroups: [],
    filesystems: [{ device: "root", type: "ext4", label: "root", mountPoint: "/" }],
  },
};
/** What cloud-init and the installation left, so that the next machine is not the same one. */
const GENERALIZE = "sudo cloud-init clean --logs && sudo rm -f /etc/cloud/cloud.cfg.d/9[0-2]_* " +
  "/etc/netplan/* /etc/ssh/ssh_host_* && sudo truncate -s 0 /etc/machine-id && sudo sync";

/** One machine; each test goes on where the one before it ended. */
describe("a machine", () => {
  let rack: Rack;
  let machine: RackMachine;
  let systemId: string;
  let folder: string;
  const watch = () => ({ rack });
  const shell = async (script: string) => {
    const { success, stderr } = await new Deno.Command("sh", { args: ["-euc", script] }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
  };
  const upload = (role: ImageFileRole, path: string) =>
    uploadImage(
      { regionUrl: rack.regionUrl, apiKey: rack.admin.apiKey },
      {
        name: role,
        os: "debian",
        release: "custom",
        architecture: "amd64",
        files: [{ role, path }],
      },
      (line) => console.log(line),
    );

  beforeAll(async () => {
    const log = (line: string) => console.log(line);
    folder = await Deno.makeTempDir({ dir: "/var/tmp", prefix: "rackwright-images-" });
    rack = await startRack({ name: "e2eimg", machines: 1, firmware: "bios", log });
    machine = rack.machines[0]!; // one was asked for
    ({ systemId } = await enlist(watch(), machine));
    await registerBmc(rack, systemId, machine);
    await carryOut(watch(), systemId, "commission");
  });

  afterAll(async () => {
    await rack?.close();
    await Deno.remove(folder, { recursive: true });
  });

  test("is deployed from the synced squashfs", async () => {
    await rack.api.put(`/machines/${systemId}/storage`, SMALL, Anything);
    await carryOut(watch(), systemId, "deploy", { imageId: rack.imageId });
    expect((await machineNow(rack, systemId)).status).toBe("Deployed");
  });

  test("is deployed from a disk that was taken of it, uploaded as dd.gz", async () => {
    const { success, output } = await signIn(rack, machine, GENERALIZE);
    expect(success, output).toBe(true);
    await carryOut(watch(), systemId, "release");
    const path = `${folder}/disk.dd.gz`;
    await shell(`head -c ${IMAGE_MIB * MIB} ${machine.diskPaths[0]} | gzip -1 > ${path}`);
    const imageId = await upload("root-dd.gz", path);
    await carryOut(watch(), systemId, "deploy", { imageId });
    const { status, hostname } = await machineNow(rack, systemId);
    expect(status).toBe("Deployed");
    const installed = await signIn(rack, machine, "hostname; findmnt -no SIZE -b /");
    expect(installed.output).toMatch(new RegExp(`^${hostname}\n`));
  });

  test("is deployed from an archive of the root, uploaded as tgz", async () => {
    await carryOut(watch(), systemId, "release");
    const log = (line: string) => console.log(line);
    const { streamsFolder } = await buildImage({ cacheFolder: IMAGE_CACHE, rebuild: false, log });
    await shell(
      `unsquashfs -quiet -no-progress -dest ${folder}/root $(find ${streamsFolder} -name squashfs)
      tar -C ${folder}/root --numeric-owner --xattrs -cf - . | gzip -1 > ${folder}/root.tgz
      rm -r ${folder}/root`,
    );
    await rack.api.put(`/machines/${systemId}/storage`, { layout: "flat" }, Anything);
    const imageId = await upload("root-tgz", `${folder}/root.tgz`);
    await carryOut(watch(), systemId, "deploy", { imageId });
    expect((await machineNow(rack, systemId)).status).toBe("Deployed");
  });
});
