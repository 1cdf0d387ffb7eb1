import { expect, test } from "vitest";
import { formatAge, formatBytes, formatDuration, formatMemory, plural } from "./format.ts";

test.each([
  [1, "just now"],
  [40, "40 s ago"],
  [119, "1 min ago"],
  [3 * 3600, "3 h ago"],
  [-7200, "in 2 h"],
  [86_400 * 800, "2 y ago"],
])("formatAge() of %d s is %s", (seconds, text) => {
  expect(formatAge(0, seconds * 1000)).toBe(text);
});

test.each([
  [40, "40 ms"],
  [949, "949 ms"],
  [2300, "2.3 s"],
  [9960, "10 s"],
  [59_400, "59 s"],
  [185_000, "3:05"],
  [3_729_000, "1:02:09"],
])("formatDuration(%d) is %s", (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});

test.each([
  [0, "0 B"],
  [999, "999 B"],
  [1500, "1.5 kB"],
  [999_600, "1 MB"],
  [3_840_755_982_336, "3.8 TB"],
  [480_000_000_000, "480 GB"],
])("formatBytes(%d) is %s", (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

test("memory is in powers of 1024, and unknown memory is no memory", () => {
  expect(formatMemory(0)).toBe("–");
  expect(formatMemory(512)).toBe("512 MiB");
  expect(formatMemory(65_536)).toBe("64 GiB");
  expect(formatMemory(1_572_864)).toBe("1.5 TiB");
});

test("thousands are apart, and one is not many", () => {
  expect(plural(1, "machine")).toBe("1 machine");
  expect(plural(20_000, "machine")).toBe("20 000 machines");
});
