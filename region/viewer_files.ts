import { createRequire } from "node:module";

/** The API viewer's files lie in a package of npm's, beside all others. */
export async function readViewerFile(
  name: string,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    const path = createRequire(import.meta.url).resolve(`swagger-ui-dist/${name}`);
    return await Deno.readFile(path);
  } catch (error) {
    const isAbsent = error instanceof Error && "code" in error &&
      ["MODULE_NOT_FOUND", "ENOENT"].includes(String(error.code));
    if (isAbsent) return undefined;
    throw error;
  }
}
