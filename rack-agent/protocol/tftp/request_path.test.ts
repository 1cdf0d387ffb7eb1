import { expect, test } from "vitest";
import { normaliseRequestPath } from "./request_path.ts";

const paths: [requested: string, path: string | undefined][] = [
  ["undionly.kpxe", "undionly.kpxe"],
  ["/boot/a", "boot/a"],
  ["\\boot\\a", "boot/a"],
  ["//boot//./a", "boot/a"],
  ["C:\\a", "C:/a"],
  ["..a/b..", "..a/b.."],
  ["x".repeat(255), "x".repeat(255)],
  ["x".repeat(256), undefined],
  ["", undefined],
  ["/", undefined],
  ["..", undefined],
  ["../etc/passwd", undefined],
  ["/../etc/passwd", undefined],
  ["a/../b", undefined],
  ["a\\..\\..\\b", undefined],
  ["a/..", undefined],
  ["a\u0000b", undefined],
  ["a\nb", undefined],
];
for (const [requested, path] of paths) {
  test(`normaliseRequestPath() makes ${JSON.stringify(requested).slice(0, 30)} ${path}`, () => {
    expect(normaliseRequestPath(requested)).toBe(path);
  });
}
