import { describe, expect, test } from "vitest";
import type { Inventory } from "@/shared/contract/inventory.ts";
import { debianArchitecture } from "./architecture.ts";
import { chooseInstallDisk, requireInventory } from "./install_target.ts";
import { inventoryInterfaces } from "./inventory_interfaces.ts";
import { idFromBytes } from "./random_id.ts";

const GIB = 1024 ** 3;
const inventory = (more: Partial<Inventory>): Inventory => ({
  architecture: "x86_64",
  firmware: "bios",
  system: {},
  cpu: { cores: 1 },
  memoryMib: 1024,
  interfaces: [],
  disks: [],
  ...more,
});
const disk = (name: string, bytes: number) => ({ name, path: `/dev/${name}`, bytes });

describe("chooseInstallDisk", () => {
  test("takes the first disk of at least 3 GiB", () => {
    const disks = [disk("sda", 3 * GIB - 1), disk("sdb", 3 * GIB), disk("sdc", 9 * GIB)];
    expect(chooseInstallDisk(inventory({ disks }))).toBe("sdb");
  });

  test("says what it saw when none will do", () => {
    expect(() => requireInventory(null)).toThrow(/commission it first/);
    expect(() => chooseInstallDisk(inventory({}))).toThrow(/showed no disk/);
    expect(() => chooseInstallDisk(inventory({ disks: [disk("sda", 5)] })))
      .toThrow(/found sda \(5 bytes\)/);
  });
});

describe("inventoryInterfaces", () => {
  test("puts the one it booted from first, even one the inventory lacks", () => {
    const interfaces = [{ name: "a", mac: "52:54:00:00:00:01" }, {
      name: "b",
      mac: "52:54:00:00:00:02",
    }];
    const macs = (bootMac?: string) =>
      inventoryInterfaces(inventory({ interfaces }), bootMac).map(({ mac }) => mac.slice(-1));
    expect(macs()).toEqual(["1", "2"]);
    expect(macs("52-54-00-00-00-02")).toEqual(["2", "1"]);
    expect(macs("52:54:00:00:00:03")).toEqual(["3", "1", "2"]);
    expect(macs("nonsense")).toEqual(["1", "2"]);
  });
});

test("debianArchitecture translates what it knows", () => {
  expect(["x86_64", "aarch64", "riscv64"].map(debianArchitecture))
    .toEqual(["amd64", "arm64", "riscv64"]);
});

test("idFromBytes has one unmistakable character a byte", () => {
  expect(idFromBytes(Uint8Array.of(0, 30, 31, 255))).toBe("2z29");
  expect(idFromBytes(Uint8Array.from({ length: 256 }, (_, i) => i))).not.toMatch(/[01ilo]/);
});
