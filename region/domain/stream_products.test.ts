import { describe, expect, test } from "vitest";
import { chooseImages } from "./stream_products.ts";

const item = (ftype: string, path = `x/${ftype}`) => ({
  ftype,
  path,
  sha256: "ab".repeat(32),
  size: 7,
});
const SYSTEM = {
  a: item("boot-kernel"),
  b: item("boot-initrd"),
  c: item("squashfs"),
  d: item("squashfs.manifest"),
};

describe("chooseImages", () => {
  test("takes the version that is last in text order", () => {
    const versions = { "20260102.1": { items: SYSTEM }, "20251231": { items: SYSTEM } };
    const { wanted } = chooseImages({ p: { arch: "amd64", versions } });
    expect(wanted.map(({ version }) => version)).toEqual(["20260102.1"]);
  });

  test("keeps what we boot with and passes over the rest", () => {
    const { wanted } = chooseImages({ p: { arch: "amd64", versions: { "1": { items: SYSTEM } } } });
    expect(wanted[0]?.files.map(({ role }) => role)).toEqual(["kernel", "initrd", "squashfs"]);
  });

  test("takes over what a tree says of the machines that an image needs", () => {
    const choose = (fields: Record<string, string>) =>
      chooseImages({ p: { arch: "amd64", fields, versions: { "1": { items: SYSTEM } } } });
    const needs = {
      boot_profile: "live-boot",
      base_os: "debian/bookworm",
      min_memory_mib: "2048",
      min_disk_bytes: "9000000000",
    };
    expect(choose(needs).wanted[0]).toMatchObject({
      bootProfile: "live-boot",
      baseOs: "debian/bookworm",
      minMemoryMib: 2048,
      minDiskBytes: 9_000_000_000,
    });
    expect(choose({}).wanted[0]).toMatchObject({ bootProfile: "maas", minMemoryMib: null });
    expect(choose({ ...needs, boot_profile: "casper" }).skipped[0]?.reason)
      .toBe('it has the boot_profile "casper"; we know maas, dracut, live-boot');
    expect(choose({ ...needs, min_disk_bytes: "1e9" }).skipped[0]?.reason)
      .toContain('min_disk_bytes "1e9"');
  });

  test("calls boot programs by their base names", () => {
    const items = { a: item("bootloader", "x/y/undionly.kpxe"), b: item("archive.tar.xz") };
    const product = { arch: "amd64", os: "ipxe", versions: { "1": { items } } };
    const { wanted } = chooseImages({ p: product });
    expect(wanted[0]).toMatchObject({ kind: "bootloader", title: "ipxe boot programs" });
    expect(wanted[0]?.files.map(({ name, role }) => [name, role]))
      .toEqual([["undionly.kpxe", "bootfile"]]);
  });

  test("prefers the nearest kernel options", () => {
    const options = (more: object, version: object, product: object) =>
      chooseImages({
        p: {
          arch: "amd64",
          versions: { "1": { items: { ...SYSTEM, a: { ...SYSTEM.a, ...more } }, ...version } },
          ...product,
        },
      }).wanted[0]?.kernelOptions;
    const named = (text: string) => ({ kernel_options: text });
    expect(options(named("item"), named("version"), named("product"))).toBe("item");
    expect(options({}, named("version"), named("product"))).toBe("version");
    expect(options({}, {}, named("product"))).toBe("product");
    expect(options({}, {}, {})).toBe("");
  });

  test("says why a product was left out", () => {
    const { c: _squashfs, ...rootless } = SYSTEM;
    const { skipped } = chooseImages({
      bare: { arch: "amd64", versions: {} },
      rootless: { arch: "amd64", versions: { "1": { items: rootless } } },
      nowhere: { versions: { "1": { items: SYSTEM } } },
    });
    expect(skipped).toEqual([
      { product: "bare", reason: "it has no version" },
      { product: "rootless", reason: "version 1 has no squashfs" },
      { product: "nowhere", reason: "it names no architecture" },
    ]);
  });
});
