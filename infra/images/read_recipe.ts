import { fileURLToPath } from "node:url";
import type { RecipeFile } from "./recipe.ts";

/** Reads every file below this folder's `recipe/`. */
export async function readRecipe(): Promise<RecipeFile[]> {
  return await readFolder(fileURLToPath(new URL("recipe", import.meta.url)), "");
}

async function readFolder(root: string, below: string): Promise<RecipeFile[]> {
  const files: RecipeFile[] = [];
  for await (const entry of Deno.readDir(`${root}/${below}`)) {
    const path = `${below}${entry.name}`;
    if (entry.isDirectory) {
      files.push(...await readFolder(root, `${path}/`));
      continue;
    }
    const { mode } = await Deno.stat(`${root}/${path}`);
    const executable = ((mode ?? 0) & 0o100) !== 0;
    files.push({ path, content: await Deno.readFile(`${root}/${path}`), executable });
  }
  return files;
}
