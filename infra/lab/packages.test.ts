import { expect, test } from "vitest";
import { missingPackages } from "./packages.ts";

test("missingPackages names what dpkg does not know", () => {
  expect(missingPackages(["ovmf", "openipmi"], "ovmf installed\n")).toEqual(["openipmi"]);
});

test("missingPackages does not count a package that was removed, or is only half there", () => {
  const report = "ovmf config-files\nipxe half-configured\nipmitool installed\n";
  expect(missingPackages(["ipmitool", "ipxe", "ovmf"], report)).toEqual(["ipxe", "ovmf"]);
});

test("missingPackages asks for each package once, in order", () => {
  expect(missingPackages(["b", "a", "b"], "")).toEqual(["a", "b"]);
});

test("missingPackages finds nothing to do when all is there, on a foreign architecture too", () => {
  expect(missingPackages(["a", "b"], "a installed\nb installed\nb installed\n")).toEqual([]);
});
