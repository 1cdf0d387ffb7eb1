import fc from "fast-check";
import { expect, test } from "vitest";
import { formatFault, MAGIC_BYTES } from "./image_magic.ts";

const head = (...bytes: number[]) =>
  Uint8Array.from({ length: MAGIC_BYTES }, (_, i) => bytes[i] ?? 0);
const GZIP = head(0x1f, 0x8b, 8);
const disk = head();
disk.set([0x55, 0xaa], 510);

test("a file that begins as its role says is taken", () => {
  expect(formatFault("root-tgz", GZIP)).toBeUndefined();
  expect(formatFault("root-dd.gz", GZIP)).toBeUndefined();
  expect(formatFault("root-dd", disk)).toBeUndefined();
  expect(formatFault("kernel", GZIP)).toBeUndefined(); // kernels look as they like
});

test("another is refused by what it is", () => {
  expect(formatFault("squashfs", GZIP)).toBe("is gzip, not squashfs");
  expect(formatFault("root-dd.zst", disk)).toBe("is a disk with a boot sector, not Zstandard");
  expect(formatFault("root-txz", new Uint8Array())).toBe("is of no format that we know, not xz");
});

test("no beginning is too short or too strange to be judged", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: MAGIC_BYTES }), (bytes) => {
    formatFault("squashfs", bytes);
    formatFault("root-dd", bytes);
  }));
});
