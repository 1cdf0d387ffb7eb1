import { expect, test } from "vitest";
import { EMPTY_PLAN, type StoragePlan } from "@/shared/machine/storage.ts";
import { drawStorage } from "./disk_drawing.ts";

const GB = 1e9;
const DISKS = [{ name: "sda", bytes: 100 * GB, model: "Fast" }, { name: "sdb", bytes: 80 * GB }];

test("the partition without a size gets what the others leave", () => {
  const plan: StoragePlan = {
    ...EMPTY_PLAN,
    tables: [{
      disk: "sda",
      partitions: [
        { name: "sda1", bytes: 1 * GB, role: "efi" },
        { name: "sda2", bytes: null, role: "linux" },
      ],
    }],
    filesystems: [{ device: "sda2", type: "ext4", label: null, mountPoint: "/" }],
  };
  const [sda, sdb] = drawStorage(DISKS, plan);
  expect(sda?.parts.map(({ name, bytes, filesystem }) => [name, bytes, filesystem?.mountPoint]))
    .toEqual([["sda1", 1 * GB, undefined], ["sda2", 99 * GB, "/"]]);
  expect([sdb?.isPlanned, sdb?.parts]).toEqual([false, []]);
});

test("what nobody takes is shown as free", () => {
  const plan: StoragePlan = {
    ...EMPTY_PLAN,
    tables: [{ disk: "sdb", partitions: [{ name: "sdb1", bytes: 20 * GB, role: "linux" }] }],
  };
  const parts = drawStorage(DISKS, plan)[1]?.parts ?? [];
  expect(parts.map(({ bytes, isFree }) => [bytes, isFree])).toEqual([
    [20 * GB, false],
    [60 * GB, true],
  ]);
});

test("a group on a mirror is as large as the smaller half", () => {
  const plan: StoragePlan = {
    ...EMPTY_PLAN,
    raids: [{ name: "md0", level: 1, members: ["sda", "sdb"], spares: [] }],
    volumeGroups: [{ name: "vg", members: ["md0"], volumes: [{ name: "root", bytes: null }] }],
    filesystems: [{ device: "vg/root", type: "xfs", label: null, mountPoint: "/" }],
  };
  const [sda, , md0, vg] = drawStorage(DISKS, plan);
  expect(sda?.parts.map(({ memberOf }) => memberOf)).toEqual(["md0"]);
  expect([md0?.bytes, md0?.level, vg?.bytes]).toEqual([80 * GB, 1, 80 * GB]);
  expect(vg?.parts[0]).toMatchObject({ name: "vg/root", bytes: 80 * GB });
});

test.each([[0, 160], [5, 80], [6, 0], [10, 80]])("RAID %d of two has %d GB", (level, gb) => {
  const raids = [{ name: "md0", level: level as 0, members: ["sda", "sdb"], spares: [] }];
  expect(drawStorage(DISKS, { ...EMPTY_PLAN, raids })[2]?.bytes).toBe(gb * GB);
});
