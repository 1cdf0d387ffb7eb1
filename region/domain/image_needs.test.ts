import { describe, expect, test } from "vitest";
import type { ImageFileRole } from "@/shared/machine/image_file.ts";
import type { StoragePlan } from "@/shared/machine/storage.ts";
import {
  type CheckedImage,
  checkImageFits,
  needsFromFields,
  needsToFields,
} from "./image_needs.ts";

const GIB = 1024 ** 3;
const disk = (name: string, bytes: number) => ({
  name,
  path: `/dev/${name}`,
  bytes,
  blockBytes: 512,
});
const DISKS = [disk("sda", 8 * GIB), disk("sdb", 100 * GIB)];
/** It starts from the small disk, and keeps /srv on the big one. */
const PLAN: StoragePlan = {
  tables: [{
    disk: "sda",
    partitions: [
      { name: "grub", bytes: 1024 ** 2, role: "bios_boot" },
      { name: "root", bytes: null, role: "linux" },
    ],
  }],
  raids: [],
  volumeGroups: [],
  filesystems: [
    { device: "root", type: "ext4", label: null, mountPoint: "/" },
    { device: "sdb", type: "ext4", label: null, mountPoint: "/srv" },
  ],
};
const image = (role: ImageFileRole, minDiskBytes: number | null, bytes = 1): CheckedImage => ({
  title: "Golden",
  version: "1",
  kind: "os",
  architecture: "amd64",
  files: [{ name: role, role, sha256: "0".repeat(64), bytes }],
  minMemoryMib: null,
  minDiskBytes,
  retiredAt: null,
});

describe("checkImageFits() goes by", () => {
  test("the disk that a whole-disk image is written to, not the biggest", () => {
    expect(() => checkImageFits(image("root-dd.gz", 20 * GIB), PLAN, DISKS))
      .toThrow("Golden needs a disk of 21474836480 bytes; it would go to sda");
    expect(() => checkImageFits(image("root-dd.gz", 8 * GIB), PLAN, DISKS)).not.toThrow();
  });

  test("the size of a disk that is not packed, whatever was said of it", () => {
    expect(() => checkImageFits(image("root-dd", null, 9 * GIB), PLAN, DISKS)).toThrow("sda");
    expect(() => checkImageFits(image("root-dd", null, 8 * GIB), PLAN, DISKS)).not.toThrow();
  });

  test("the biggest disk of the storage for what is unpacked on it", () => {
    expect(() => checkImageFits(image("root-tgz", 20 * GIB), PLAN, DISKS)).not.toThrow();
    expect(() => checkImageFits(image("root-tgz", 200 * GIB), PLAN, DISKS)).toThrow("sdb");
  });
});

test("needsFromFields() reads what needsToFields() wrote", () => {
  const needs = {
    bootProfile: "dracut" as const,
    baseOs: "rhel/9",
    minMemoryMib: 1024,
    minDiskBytes: 10 * GIB,
  };
  expect(needsFromFields(needsToFields(needs))).toEqual(needs);
  const none = {
    bootProfile: "maas" as const,
    baseOs: null,
    minMemoryMib: null,
    minDiskBytes: null,
  };
  expect(needsToFields(none)).toEqual({});
  expect(needsFromFields({})).toEqual(none);
});
