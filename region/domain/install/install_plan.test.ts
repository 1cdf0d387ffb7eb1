import { expect, test } from "vitest";
import { compileInstallPlan, type InstallInput } from "./install_plan.ts";

const bios: InstallInput = {
  hostname: "node-abc234",
  firmware: "bios",
  diskPath: "/dev/vda",
  bootMac: "52:54:00:00:00:01",
  kernelOptions: "",
};

test("compileInstallPlan() numbers its steps without a gap", () => {
  const steps = [...compileInstallPlan(bios).matchAll(/^echo "== step (\d+)\/(\d+): (.+)"$/gm)];
  expect(steps.map(([, number]) => Number(number))).toEqual(steps.map((_, i) => i + 1));
  expect(new Set(steps.map(([, , of]) => of))).toEqual(new Set([String(steps.length)]));
});

test("BIOS gets a partition for GRUB, UEFI an EFI system partition", () => {
  expect(compileInstallPlan(bios)).toContain("name=bios_grub");
  expect(compileInstallPlan(bios)).not.toContain("mkfs.vfat");
  const uefi = compileInstallPlan({ ...bios, firmware: "uefi" });
  expect(uefi).toContain("mkfs.vfat -F 32 -n EFI /dev/vda1");
  expect(uefi).toContain("--target=x86_64-efi");
});

test("a disk whose name ends in a digit separates the partition number with a p", () => {
  const plan = compileInstallPlan({ ...bios, diskPath: "/dev/nvme0n1" });
  expect(plan).toContain("mkfs.ext4 -F -q -L root");
  expect(plan).toContain("/dev/nvme0n1p2");
  expect(plan).not.toContain("/dev/nvme0n12");
});

test("the plan ends at the first command that fails, and holds no secret", () => {
  const plan = compileInstallPlan(bios);
  expect(plan).toContain("\nset -eu\n");
  expect(plan).not.toMatch(/token|secret|password/i);
});

test.each([
  ["hostname", { hostname: "a; rm -rf /" }],
  ["hostname", { hostname: "-x" }],
  ["diskPath", { diskPath: "/dev/sda$(reboot)" }],
  ["diskPath", { diskPath: "/etc/passwd" }],
  ["kernelOptions", { kernelOptions: "quiet$(reboot)" }],
  ["kernelOptions", { kernelOptions: 'quiet"' }],
])("a %s that a shell would act on is refused", (field, bad) => {
  expect(() => compileInstallPlan({ ...bios, ...bad })).toThrowError(
    expect.objectContaining({ code: "install.unusable_input", field }),
  );
});

test("the image's kernel options reach the installed system's command line", () => {
  const plan = compileInstallPlan({ ...bios, kernelOptions: "iommu=pt" });
  expect(plan).toContain("root=UUID=$ROOT_UUID ro console=tty0 console=ttyS0,115200 iommu=pt\n");
});
