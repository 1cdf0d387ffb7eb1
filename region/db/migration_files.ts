import type { Migration } from "./migrate.ts";

/** The migrations of this version, in order. Only for homes that have files. */
export async function readMigrations(): Promise<Migration[]> {
  const folder = new URL("./migrations/", import.meta.url);
  const found: Migration[] = [];
  for await (const { name } of Deno.readDir(folder)) {
    if (!name.endsWith(".sql")) continue;
    found.push({
      name: name.slice(0, -".sql".length),
      sql: await Deno.readTextFile(new URL(name, folder)),
    });
  }
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}
