import { expect, test } from "vitest";
import { hashRecipe, pickAptOptions, type RecipeFile, renderSources } from "./recipe.ts";

const fileOf = (path: string, text: string, executable = false): RecipeFile => ({
  path,
  content: new TextEncoder().encode(text),
  executable,
});

test("hashRecipe names an image by 16 hexadecimal digits, whatever the order of files", () => {
  const [a, b] = [fileOf("a", "1"), fileOf("b", "2")];
  expect(hashRecipe([a, b])).toMatch(/^[0-9a-f]{16}$/);
  expect(hashRecipe([a, b])).toBe(hashRecipe([b, a]));
});

test("hashRecipe changes with a file's content, name, permission, and with a new file", () => {
  const variants = [
    [fileOf("a", "1")],
    [fileOf("a", "2")],
    [fileOf("b", "1")],
    [fileOf("a", "1", true)],
    [fileOf("a", "1"), fileOf("b", "")],
    // The same bytes, cut elsewhere.
    [fileOf("a", "1b - 0\n")],
  ];
  expect(new Set(variants.map(hashRecipe)).size).toBe(variants.length);
});

test("renderSources keeps the release, its updates and its security fixes, once each", () => {
  const targets = [
    "http://mirror.example/debian/ bookworm main",
    "http://mirror.example/debian/ bookworm main",
    "http://mirror.example/debian/ bookworm-updates main",
    "http://mirror.example/debian-security/ bookworm-security main",
  ].join("\n");
  expect(renderSources(targets)).toBe(
    "deb http://mirror.example/debian/ bookworm main\n" +
      "deb http://mirror.example/debian/ bookworm-updates main\n" +
      "deb http://mirror.example/debian-security/ bookworm-security main\n",
  );
});

test("renderSources leaves out other suites, other components and noise", () => {
  const targets = [
    "http://mirror.example/debian/ bookworm-backports main",
    "http://mirror.example/debian/ trixie main",
    "http://mirror.example/debian/ bookworm non-free",
    "http://mirror.example/debian/ bookworm",
    "",
    "   ",
  ].join("\n");
  expect(renderSources(targets)).toBe("");
});

test("pickAptOptions keeps download settings and nothing else", () => {
  const dump = [
    'APT::Architecture "amd64";',
    'Acquire::Check-Valid-Until "false";',
    'Acquire::http::Proxy "http://proxy.example:3128";',
    'Acquire::http::Proxy::mirror.example "DIRECT";',
    'Acquire::https::CAInfo "/etc/ssl/local.pem";',
    'Acquire::Languages "";',
    'Acquire::http "";',
    'DPkg::Post-Invoke:: "rm -f /var/cache/apt/archives/*.deb";',
  ].join("\n");
  expect(pickAptOptions(dump)).toEqual([
    'Acquire::Check-Valid-Until "false";',
    'Acquire::http::Proxy "http://proxy.example:3128";',
    'Acquire::http::Proxy::mirror.example "DIRECT";',
    'Acquire::https::CAInfo "/etc/ssl/local.pem";',
  ]);
});
