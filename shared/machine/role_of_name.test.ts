import { expect, test } from "vitest";
import { roleOfName } from "./role_of_name.ts";

// What the Makefiles of https://github.com/canonical/packer-maas write, and other usual names.
test.each([
  ["centos8.tar.gz", "root-tgz"],
  ["rocky9.tar.gz", "root-tgz"],
  ["debian-custom-cloudimg.tar.gz", "root-tgz"],
  ["custom-cloudimg.tar.gz", "root-tgz"],
  ["custom-ubuntu-lvm.dd.gz", "root-dd.gz"],
  ["vmware-esxi.dd.gz", "root-dd.gz"],
  ["windows.dd.gz", "root-dd.gz"],
  ["root.TGZ", "root-tgz"],
  ["/a/b.c/root.tar.xz", "root-txz"],
  ["disk.raw", "root-dd"],
  ["disk.img", "root-dd"],
  ["disk.img.xz", "root-dd.xz"],
  ["disk.raw.zst", "root-dd.zst"],
  ["initramfs-5.14.0.img", "initrd"],
  ["boot-initrd", "initrd"],
  ["initrd.img-6.1.0", "initrd"],
  ["vmlinuz-6.1.0", "kernel"],
  ["boot-kernel", "kernel"],
  ["root.squashfs", "squashfs"],
  ["noble-server-cloudimg-amd64.squashfs", "squashfs"],
  ["Rocky-9.TGZ", "root-tgz"],
  ["own-kernel.tar.gz", "root-tgz"],
  ["windows-2022.ddimg", "root-dd"],
  ["squashfs", "squashfs"],
  ["notes.txt", undefined],
  ["disk.qcow2", undefined],
])("%s is a %s", (name, role) => {
  expect(roleOfName(name)).toBe(role);
});
