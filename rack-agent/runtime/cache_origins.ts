import type { ContentOrigin } from "@/shared/contract/facts.ts";
import { readTextIfPresent, writeFileAtomic } from "./atomic_file.ts";

const ORIGINS_FILE = "origins";

/** Which files did not come from the region alone, by hash. */
export async function readOrigins(folder: string): Promise<Map<string, ContentOrigin>> {
  const text = await readTextIfPresent(`${folder}/${ORIGINS_FILE}`) ?? "";
  return new Map(
    [...text.matchAll(/^([0-9a-f]{64}) (upstream|both)$/gm)].map(([, sha256 = "", origin]) => [
      sha256,
      origin as ContentOrigin, // one of the two that the pattern names
    ]),
  );
}

/** Writes down where a file came from, and forgets files that have gone. One call at a time. */
export async function noteOrigin(
  folder: string,
  sha256: string,
  origin: ContentOrigin,
): Promise<void> {
  const origins = await readOrigins(folder);
  if ((origins.get(sha256) ?? "region") === origin) return;
  origins.set(sha256, origin);
  const here = new Set((await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name));
  const lines = [...origins].filter(([name, from]) => here.has(name) && from !== "region")
    .map(([name, from]) => `${name} ${from}\n`);
  await writeFileAtomic(`${folder}/${ORIGINS_FILE}`, lines.join(""));
}
