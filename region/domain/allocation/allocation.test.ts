import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Inventory } from "@/shared/contract/inventory.ts";
import { assign } from "./assign.ts";
import { matchParts } from "./part_constraints.ts";

describe("assign", () => {
  test("moves an easy want aside for a hard one", () => {
    const fits = (want: string, part: string) => want.includes(part);
    expect(assign(["ab", "a"], ["a", "b"], fits)).toEqual([1, 0]);
    expect(assign(["ab", "a", "b"], ["a", "b"], fits)).toBeUndefined();
    expect(assign([], ["a"], fits)).toEqual([]);
  });

  test("finds a way exactly when trying all of them does", () => {
    const sets = fc.array(fc.subarray([0, 1, 2, 3, 4]), { maxLength: 5 });
    fc.assert(fc.property(sets, fc.integer({ min: 0, max: 5 }), (wants, partCount) => {
      const parts = Array.from({ length: partCount }, (_, i) => i);
      const fits = (want: number[], part: number) => want.includes(part);
      const shared = assign(wants, parts, fits);
      expect(shared !== undefined).toBe(canShare(wants, parts));
      if (!shared) return;
      expect(new Set(shared).size).toBe(wants.length);
      expect(wants.every((want, i) => fits(want, parts[shared[i] ?? -1] ?? -1))).toBe(true);
    }));
  });
});

function canShare(wants: readonly number[][], parts: readonly number[]): boolean {
  const [want, ...rest] = wants;
  if (!want) return true;
  return parts.some((part) =>
    want.includes(part) && canShare(rest, parts.filter((each) => each !== part))
  );
}

describe("matchParts", () => {
  const machine: Inventory = {
    architecture: "x86_64",
    firmware: "uefi",
    system: {},
    cpu: { cores: 4 },
    memoryMib: 8192,
    interfaces: [
      { name: "eno1", mac: "52:54:00:00:00:01", speedMbps: 1000, linkUp: true, driver: "e1000" },
      { name: "ens1", mac: "52:54:00:00:00:02", speedMbps: 25_000, linkUp: false },
    ],
    disks: [
      { name: "nvme0n1", path: "/dev/nvme0n1", bytes: 1e12, isRotational: false },
      { name: "sda", path: "/dev/sda", bytes: 500e9, isRotational: false },
      { name: "sdb", path: "/dev/sdb", bytes: 4e12, isRotational: true },
      { name: "sdc", path: "/dev/sdc", bytes: 4e12 },
    ],
    pciDevices: [
      { address: "0000:3b:00.0", vendor: "10de", product: "20b5", class: "030200", driver: "vfio" },
      { address: "0000:af:00.0", vendor: "10de", product: "20b5" },
    ],
  };

  test.each(
    [
      [{}, {}, []],
      [{ disks: [{ bytes: 600e9, tags: ["ssd"] }] }, { disks: ["nvme0n1"] }, []],
      [{ disks: [{ tags: ["ssd"] }, { tags: ["nvme"] }] }, { disks: ["sda", "nvme0n1"] }, []],
      [{ disks: [{ tags: ["rotary"] }, { tags: ["rotary"] }] }, { disks: [] }, ["disks"]],
      [{ disks: [{ bytes: 4e12 }, { bytes: 4e12 }] }, { disks: ["sdb", "sdc"] }, []],
      [{ disks: [{ bytes: 4e12 + 1 }] }, { disks: [] }, ["disks"]],
      [{ interfaces: [{ speedMbps: 10_000 }] }, { interfaces: ["ens1"] }, []],
      [{ interfaces: [{ speedMbps: 10_000, linkUp: true }] }, { interfaces: [] }, ["interfaces"]],
      [
        { interfaces: [{ driver: "e1000" }, { name: "ens1" }] },
        { interfaces: ["eno1", "ens1"] },
        [],
      ],
      [
        { pciDevices: [{ vendor: "10de" }, { vendor: "10de", product: "20b5" }] },
        { pciDevices: ["0000:3b:00.0", "0000:af:00.0"] },
        [],
      ],
      [{ pciDevices: [{ class: "03" }] }, { pciDevices: ["0000:3b:00.0"] }, []],
      [{ pciDevices: [{ driver: "vfio", class: "0302" }] }, { pciDevices: ["0000:3b:00.0"] }, []],
      [{ pciDevices: [{ driver: "nvidia" }] }, { pciDevices: [] }, ["pciDevices"]],
      [{ pciDevices: [{ class: "03" }, { class: "03" }] }, { pciDevices: [] }, ["pciDevices"]],
      [
        { pciDevices: [{ vendor: "8086" }], usbDevices: [{ vendor: "0951" }], disks: [{}] },
        { pciDevices: [], usbDevices: [], disks: ["nvme0n1"] },
        ["pciDevices", "usbDevices"],
      ],
    ] as const,
  )("%j gets %j", (wanted, matched, failed) => {
    expect(matchParts(wanted, machine)).toEqual({ matched, failed });
  });

  test("finds nothing in a machine that was never looked into", () => {
    expect(matchParts({ disks: [{}] }, null).failed).toEqual(["disks"]);
    expect(matchParts({}, null).failed).toEqual([]);
  });
});
