import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { buildImage } from "@/infra/images/build_image.ts";
import { uploadImage } from "@/infra/images/upload_image.ts";
import { Anything } from "@/infra/lab/api_views.ts";
import { IMAGE_CACHE } from "@/infra/lab/folders.ts";
import type { RackMachine } from "@/infra/lab/hardware.ts";
import { enlist, registerBmc } from "@/infra/lab/journey.ts";
import { type Rack, startRack } from "@/infra/lab/rack.ts";
import { compileInstallPlan } from "@/region/domain/install/install_plan.ts";
import { installStorageOf } from "@/region/domain/storage/installable.ts";
import { Inventory } from "@/shared/contract/inventory.ts";
import type { ImageFileRole } from "@/shared/machine/image_file.ts";
import type { StorageWish } from "@/shared/machine/storage.ts";
import { carryOut, machineNow } from "./rack_watch.ts";
import { signIn } from "./sign_in.ts";

const GIB = 1024 ** 3;
const MIB = 1024 ** 2;

/** Root on a volume on a mirror, /boot on another, swap, and data on a stripe of whole disks. */
const LAYERED: StorageWish = {
  layout: "custom",
  plan: {
    tables: ["vda", "vdb"].map((disk) => ({
      disk,
      partitions: [
        { name: `${disk}-grub`, bytes: MIB, role: "bios_boot" },
        { name: `${disk}-boot`, bytes: 512 * MIB, role: "linux" },
        { name: `${disk}-rest`, bytes: null, role: "linux" },
      ],
    })),
    raids: [
      { name: "boot", level: 1, members: ["vda-boot", "vdb-boot"], spares: [] },
      { name: "rest", level: 1, members: ["vda-rest", "vdb-rest"], spares: [] },
      { name: "data", level: 0, members: ["vdc", "vdd"], spares: [] },
    ],
    volumeGroups: [{
      name: "vg-0",
      members: ["rest"],
      volumes: [
        { name: "root", bytes: 4 * GIB },
        { name: "swap", bytes: 256 * MIB },
        { name: "home", bytes: null },
      ],
    }],
    filesystems: [
      { device: "vg-0/root", type: "ext4", label: "root", mountPoint: "/" },
      { device: "boot", type: "ext4", label: null, mountPoint: "/boot" },
      {
        device: "vg-0/home",
        type: "xfs",
        label: null,
        mountPoint: "/home",
        mountOptions: "noatime",
      },
      { device: "vg-0/swap", type: "swap", label: null, mountPoint: null },
      { device: "data", type: "btrfs", label: "data", mountPoint: "/srv/data" },
    ],
  },
};

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

/** One machine with four disks; each test goes on where the one before it ended. */
describe("a machine with several disks", () => {
  let rack: Rack;
  let machine: RackMachine;
  let systemId: string;
  let folder: string;
  const watch = () => ({ rack });
  const deploy = async (imageId: string) => {
    await carryOut(watch(), systemId, "deploy", { imageId });
    const known = await machineNow(rack, systemId);
    expect(known.status).toBe("Deployed");
    return known;
  };

  beforeAll(async () => {
    folder = await Deno.makeTempDir({ dir: "/var/tmp", prefix: "rackwright-images-" });
    const log = (line: string) => console.log(line);
    rack = await startRack({ name: "e2edisk", machines: 1, firmware: "bios", disks: 4, log });
    machine = rack.machines[0]!; // one was asked for
    ({ systemId } = await enlist(watch(), machine));
    await registerBmc(rack, systemId, machine);
    await carryOut(watch(), systemId, "commission");
  });

  afterAll(async () => {
    await rack?.close();
    await Deno.remove(folder, { recursive: true });
  });

  test("shows its disks and what is on its buses", async () => {
    const { disks, pciDevices } = await inventoryOf(rack, systemId);
    expect(disks.map(({ name, bytes }) => [name, bytes]))
      .toEqual(["vda", "vdb", "vdc", "vdd"].map((name) => [name, 8 * GIB]));
    // virtio's vendor; the disks are as many functions of it.
    expect(pciDevices?.filter(({ vendor, product }) => vendor === "1af4" && product === "1001"))
      .toHaveLength(4);
  });

  test("can be signed in to in rescue mode, and given any layout after any other", async () => {
    await carryOut(watch(), systemId, "rescue-mode");
    expect((await machineNow(rack, systemId)).status).toBe("Rescue mode");
    const inventory = await inventoryOf(rack, systemId);
    const raids = ([0, 1, 5, 6, 10] as const).map((level) => ({ layout: "raid" as const, level }));
    const wishes: StorageWish[] = [{ layout: "lvm" }, ...raids, LAYERED, LAYERED];
    for (const wish of wishes) {
      const { success, output } = await signIn(
        rack,
        machine,
        "sudo sh -s",
        layOut(wish, inventory),
      );
      expect(success, `${JSON.stringify(wish).slice(0, 80)}: ${output}`).toBe(true);
    }
    const tree = await signIn(
      rack,
      machine,
      "lsblk --noheadings --list --output NAME,TYPE,MOUNTPOINT",
    );
    for (const name of ["vg--0-root +lvm", "vg--0-home +lvm", "md\\d+ +raid0", "md\\d+ +raid1"]) {
      expect(tree.output).toMatch(new RegExp(`^${name}`, "m"));
    }
    await carryOut(watch(), systemId, "exit-rescue-mode");
    expect((await machineNow(rack, systemId)).status).toBe("Ready");
    expect(await machine.powerState()).toBe("off");
  });

  test("is deployed from the synced squashfs to one disk, and keeps what is on the others", async () => {
    await rack.api.put(`/machines/${systemId}/storage`, SMALL, Anything);
    await deploy(rack.imageId);
    const mounts = await signIn(rack, machine, "findmnt --real -rno TARGET,SOURCE,FSTYPE");
    expect(mounts.output).toMatch(/^\/ \/dev\/vd[a-d]2 ext4$/m);
    const others = await signIn(rack, machine, "lsblk --noheadings --list --output FSTYPE");
    expect(others.output.match(/linux_raid_member/g)?.length).toBeGreaterThanOrEqual(4);
  });

  test("is deployed from a disk that was taken of it, uploaded as dd.gz", async () => {
    const { success, output } = await signIn(rack, machine, GENERALIZE);
    expect(success, output).toBe(true);
    await carryOut(watch(), systemId, "release");
    const path = `${folder}/disk.dd.gz`;
    await shell(`head -c ${IMAGE_MIB * MIB} ${machine.diskPaths[0]} | gzip -1 > ${path}`);
    const { hostname } = await deploy(await upload(rack, "root-dd.gz", path));
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
    const flat = { layout: "flat", disk: "vda" };
    await rack.api.put(`/machines/${systemId}/storage`, flat, Anything);
    await deploy(await upload(rack, "root-tgz", `${folder}/root.tgz`));
  });

  test("has nothing on its disks after a release that erases them", async () => {
    expect(await bytesAtStart(machine)).toEqual([true, true, true, true]);
    await carryOut(watch(), systemId, "release", { erase: "quick" });
    expect((await machineNow(rack, systemId)).status).toBe("Ready");
    expect(await machine.powerState()).toBe("off");
    expect(await bytesAtStart(machine)).toEqual([false, false, false, false]);
  });
});

async function shell(script: string): Promise<void> {
  const { success, stderr } = await new Deno.Command("sh", { args: ["-euc", script] }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

/** Returns the image's id. */
async function upload(rack: Rack, role: ImageFileRole, path: string): Promise<string> {
  const region = { regionUrl: rack.regionUrl, apiKey: rack.admin.apiKey };
  const about = { name: role, os: "debian", release: "custom", architecture: "amd64" } as const;
  const image = { ...about, files: [{ role, path }] };
  return await uploadImage(region, image, (line) => console.log(line));
}

async function inventoryOf(rack: Rack, systemId: string): Promise<Inventory> {
  const machine = z.looseObject({ inventory: Inventory });
  return (await rack.api.get(`/machines/${systemId}`, machine)).inventory;
}

/** The part of the install plan that makes the storage. */
function layOut(wish: StorageWish, inventory: Inventory): string {
  const { firmware, plan, disks } = installStorageOf(wish, inventory);
  const rest = { hostname: "rescue", bootMac: "52:54:00:00:00:01", kernelOptions: "" };
  const script = compileInstallPlan({ ...rest, firmware, storage: plan, disks });
  return script.slice(0, script.search(/^echo "== step \d+\/\d+: fetch the image"$/m));
}

/** Whether the first MiB of each disk, its partition table or superblock, holds anything. */
async function bytesAtStart({ diskPaths }: RackMachine): Promise<boolean[]> {
  return await Promise.all(diskPaths.map(async (path) => {
    using file = await Deno.open(path);
    const start = new Uint8Array(MIB);
    await file.read(start);
    return start.some((byte) => byte !== 0);
  }));
}
