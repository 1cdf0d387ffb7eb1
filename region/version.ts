import manifest from "./deno.json" with { type: "json" };

/** The region's version, as its package says. */
export const VERSION: string = manifest.version;
