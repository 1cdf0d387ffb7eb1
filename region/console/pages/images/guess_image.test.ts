import { expect, test } from "vitest";
import { guessImage, isForeign } from "./guess_image.ts";

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
