import { describe, expect, test } from "vitest";
import fc from "fast-check";
import { parseSourceUrl, resolveInside } from "./stream_path.ts";

const ROOT = "https://images.example.com/maas/";

describe("resolveInside", () => {
  test("joins root and path, with and without the slash between", () => {
    expect(resolveInside(ROOT, "streams/v1/index.json")).toBe(`${ROOT}streams/v1/index.json`);
    expect(resolveInside(ROOT.slice(0, -1), "a/b~1+2=3,@4")).toBe(`${ROOT}a/b~1+2=3,@4`);
    // Product files are named after their content id. It is joined, not resolved: no scheme is read.
    expect(resolveInside(ROOT, "streams/v1/a.b:c.json")).toBe(`${ROOT}streams/v1/a.b:c.json`);
  });

  test.each([
    ["../secret", "upwards"],
    ["a/../../secret", "upwards in the middle"],
    ["a/..", "upwards at the end"],
    ["./a", "here"],
    ["/etc/passwd", "absolute"],
    ["//host/a", "another host"],
    ["https://host/a", "another host, whole"],
    ["a\\..\\b", "backslashes"],
    ["a/%2e%2e/b", "escaped"],
    ["a//b", "an empty part"],
    ["a/", "a folder"],
    ["", "nothing"],
    ["a?b", "a query"],
    ["a#b", "a fragment"],
    ["a\0b", "NUL"],
    ["a\nb", "a line break"],
    [":a", "a colon where a scheme could end"],
  ])("refuses %j: %s", (path) => {
    expect(() => resolveInside(ROOT, path)).toThrow(/only plain paths/);
  });

  test("whatever it lets through stays below the root when a URL parser reads it", () => {
    fc.assert(fc.property(fc.string({ unit: "grapheme", maxLength: 30 }), (path) => {
      let url;
      try {
        url = resolveInside(ROOT, path);
      } catch {
        return;
      }
      expect(new URL(url).href).toBe(ROOT + path);
    }));
  });
});

describe("parseSourceUrl", () => {
  test("ends with a slash, and its host is in lower case", () => {
    expect(parseSourceUrl("http://Images.Example.com/maas")).toBe(
      "http://images.example.com/maas/",
    );
  });

  test.each(["", "images", "file:///a", "ftp://a/", "http://u@a/", "http://a/?b", "http://a/#b"])(
    "refuses %j",
    (text) => {
      expect(() => parseSourceUrl(text)).toThrow(/not the address of an image source/);
    },
  );
});
