import { expect, test } from "vitest";
import { guessImage, guessRole, isForeign } from "./guess_image.ts";

test.each([
  ["noble-server-cloudimg-amd64.squashfs", "squashfs"],
  ["squashfs", "squashfs"],
  ["vmlinuz-6.8.0-45-generic", "kernel"],
  ["boot-kernel", "kernel"],
  ["boot-initrd", "initrd"],
  ["initramfs-6.12.img", "initrd"],
  ["rocky-9.tar.gz", "root-tgz"],
  ["Rocky-9.TGZ", "root-tgz"],
  ["debian-12.tar.xz", "root-txz"],
  ["debian-12-genericcloud-amd64.raw", "root-dd"],
  ["windows-2022.ddimg", "root-dd"],
  ["talos.raw.zst", "root-dd.zst"],
  ["disk.img.gz", "root-dd.gz"],
  ["disk.raw.xz", "root-dd.xz"],
  ["README", undefined],
])("guessRole(%j) is %s", (name, role) => expect(guessRole(name)).toBe(role));

test.each([
  [["noble-server-cloudimg-amd64.squashfs"], ["ubuntu", "noble", "amd64"]],
  [["debian-12-genericcloud-arm64.raw"], ["debian", "12", "arm64"]],
  [["Rocky-9.4-x86_64.tar.gz"], ["rocky", "9.4", "amd64"]],
  [["disk.img", "vmlinuz"], ["", "", ""]],
])("guessImage(%j) is %j", (names, [os, release, architecture]) => {
  expect(guessImage(names)).toEqual({ os, release, architecture });
});

test("isForeign() knows what no disk can be written with", () => {
  expect(["a.qcow2", "b.ISO", "c.vmdk", "d.img"].map(isForeign)).toEqual([true, true, true, false]);
});
