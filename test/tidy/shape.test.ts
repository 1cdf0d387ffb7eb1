import { expect, test } from "vitest";
import {
  filesBelow,
  foldersBelow,
  importsOf,
  isTest,
  isTypeScript,
  pathsBelow,
} from "./source_files.ts";

const CODE_FOLDERS = ["shared", "region", "rack-agent", "infra", "test"];

/** Past this a file has usually swallowed a layer. Lower it freely; raise it with a reason. */
const FILE_LINES_MAX = 400;

test("no source file is longer than the limit", async () => {
  const files = await filesBelow(".", (path) => isTypeScript(path) && !isTable(path));
  const long = files.filter(({ text }) => text.split("\n").length > FILE_LINES_MAX);
  expect(long.map(({ path, text }) => `${path}: ${text.split("\n").length} lines`)).toEqual([]);
});

test("files are named in snake_case, after what is in them", async () => {
  const wrong = (await pathsBelow(".")).filter((path) =>
    isTypeScript(path) &&
    !/^([a-z0-9_]+|[a-z0-9_]+\.test|vitest\.config)\.ts$/.test(lastPart(path)) &&
    !/^[A-Z]\w*(\.test)?\.tsx$/.test(lastPart(path))
  );
  expect(wrong).toEqual([]);
});

test("no file hides behind a name that says nothing", async () => {
  const vague = /^(utils?|common|manager|misc|data|index|types|helpers?)(\.test)?\.tsx?$/;
  expect((await pathsBelow(".")).filter((path) => vague.test(lastPart(path)))).toEqual([]);
});

test("the top level holds what it should and nothing else", async () => {
  const top = new Set((await pathsBelow(".")).map((path) => path.split("/")[0] ?? ""));
  const visible = [...top].filter((name) => !name.startsWith(".")).sort();
  const expected = ["LICENSE", "README.md", "deno.json", "deno.lock", ...CODE_FOLDERS];
  expect(visible).toEqual(expected.sort());
});

test("every folder of code says in a README what it is", async () => {
  const folders = (await foldersBelow(".")).filter((folder) =>
    CODE_FOLDERS.includes(folder.split("/")[0] ?? "")
  );
  const paths = new Set(await pathsBelow("."));
  const silent: string[] = [];
  for (const folder of folders) {
    const hasCode = [...paths].some((path) =>
      isTypeScript(path) && path.slice(0, path.lastIndexOf("/")) === folder
    );
    if (hasCode && !hasReadme(folder, paths)) silent.push(folder);
  }
  expect(silent).toEqual([]);
});

test("every source file is reached from an entry point or a test", async () => {
  const files = await filesBelow(".", isTypeScript);
  const imported = new Set(files.flatMap(importsOf).map((target) => target.slice(1)));
  const tasks = (await filesBelow(".", (path) => path === "deno.json"))[0]?.text ?? "";
  const dead = files.map(({ path }) => path).filter((path) =>
    !imported.has(path) && !path.endsWith(".test.ts") && !tasks.includes(path) &&
    !/(^|\/)(main|serverless)\.ts$/.test(path) && !path.endsWith("vitest.config.ts") &&
    // Programs that tests start by path.
    !files.some((file) => isTest(file.path) && file.text.includes(lastPart(path)))
  );
  expect(dead).toEqual([]);
});

test("paths that a README or a comment cites exist", async () => {
  const paths = await pathsBelow(".");
  const known = new Set([...paths, ...(await foldersBelow("."))]);
  const files = await filesBelow(".", (path) => isTypeScript(path) || path.endsWith(".md"));
  const cited = /\b((?:shared|region|rack-agent|infra|test)\/[\w./-]+\.(?:ts|md|sh|py|sql))\b/g;
  const missing = files.flatMap(({ path, text }) =>
    [...text.matchAll(cited)]
      .map(([, target = ""]) => target)
      .filter((target) => !known.has(target))
      .map((target) => `${path} cites ${target}`)
  );
  expect(missing).toEqual([]);
});

test("an error code or log event is written in one place", async () => {
  const files = await filesBelow(".", (path) => isTypeScript(path) && !isTest(path));
  const seen = new Map<string, string[]>();
  for (const { path, text } of files) {
    for (const [, code = ""] of text.matchAll(/\bcode: "([a-z_]+\.[a-z_]+)"/g)) {
      seen.set(code, [...(seen.get(code) ?? []), path]);
    }
  }
  const twice = [...seen].filter(([, where]) => new Set(where).size > 1);
  expect(twice.map(([code, where]) => `${code}: ${where.join(", ")}`)).toEqual([]);
});

test("no secret-looking address or path of a host stands in the repository", async () => {
  const files = await filesBelow(".", (path) => path !== "deno.lock" && !path.endsWith(".gz"));
  const host = new RegExp(
    ["/wo" + "rk/", "registry\\.np" + "mjs", "deb\\.deb" + "ian\\.org"].join("|"),
  );
  expect(files.filter(({ text }) => host.test(text)).map(({ path }) => path)).toEqual([]);
});

/** Tables are as long as what they describe. */
function isTable(path: string): boolean {
  return /_table\.ts$|\.gen\.ts$/.test(path);
}

function lastPart(path: string): string {
  return path.split("/").at(-1) ?? path;
}

/** Its own, or one level up where a few sibling folders share one. */
function hasReadme(folder: string, paths: ReadonlySet<string>): boolean {
  const parent = folder.split("/").slice(0, -1).join("/");
  return paths.has(`${folder}/README.md`) || (parent !== "" && paths.has(`${parent}/README.md`));
}
