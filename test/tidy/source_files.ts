import { readdir, readFile } from "node:fs/promises";
import { dirname, join, normalize, relative } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

const SKIPPED = new Set(["node_modules", ".git", ".rackwright", "coverage", "dist"]);

export interface SourceFile {
  /** From the repository's root, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

/** Every file below a folder of the repository that passes `wanted`. */
export async function filesBelow(
  folder: string,
  wanted: (path: string) => boolean,
): Promise<SourceFile[]> {
  const paths = (await pathsBelow(folder)).filter(wanted);
  return await Promise.all(
    paths.map(async (path) => ({ path, text: await readFile(join(ROOT, path), "utf8") })),
  );
}

export async function pathsBelow(folder: string): Promise<string[]> {
  const entries = await readdir(join(ROOT, folder), { withFileTypes: true });
  const nested = await Promise.all(entries.map(async (entry) => {
    if (SKIPPED.has(entry.name)) return [];
    const path = folder === "." ? entry.name : `${folder}/${entry.name}`;
    return entry.isDirectory() ? await pathsBelow(path) : [path];
  }));
  return nested.flat();
}

/** Folders that hold files, below a folder and including it. */
export async function foldersBelow(folder: string): Promise<string[]> {
  return [...new Set((await pathsBelow(folder)).map((path) => dirname(path)))].sort();
}

export function isTypeScript(path: string): boolean {
  return path.endsWith(".ts") || path.endsWith(".tsx");
}

export function isTest(path: string): boolean {
  return /\.test\.tsx?$/.test(path) || path.startsWith("test/");
}

/**
 * What a file imports: our own files as `/folder/file.ts` from the root, packages by their name.
 *
 * A Worker's file counts as imported. `import type` counts too, but for the one exception that the layer test makes itself.
 */
export function importsOf({ path, text }: SourceFile): string[] {
  const code = text.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
  const statement = /^\s*(?:import|export)\b[^;"]*?(?:\bfrom\s*)?"([^"\n]+)"/gm;
  const call = /\bimport\(\s*"([^"\n]+)"/g;
  const statements = [...code.matchAll(statement)].filter(([whole]) =>
    /\bfrom\s*"|import\s*"/.test(whole)
  );
  const worker = /\bnew URL\(\s*"([^"\n]+_worker\.ts)"/gm;
  return [...statements, ...code.matchAll(call), ...code.matchAll(worker)].map(([, target = ""]) =>
    resolveImport(path, target)
  );
}

function resolveImport(path: string, target: string): string {
  if (target.startsWith("@/")) return target.slice(1);
  if (!target.startsWith(".")) return target;
  return "/" + relative(ROOT, normalize(join(ROOT, dirname(path), target)));
}
