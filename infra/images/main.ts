import { fileURLToPath } from "node:url";
import { buildImage } from "./build_image.ts";

const cacheFolder = fileURLToPath(new URL("../../.rackwright/cache/images", import.meta.url));
const unknown = Deno.args.filter((argument) => argument !== "--rebuild");
if (unknown.length > 0) {
  console.error(`unknown argument ${unknown.join(" ")}; the only one is --rebuild`);
  Deno.exit(2);
}
try {
  const rebuild = Deno.args.includes("--rebuild");
  const { streamsFolder, built } = await buildImage({ cacheFolder, rebuild, log: console.log });
  console.log(`${built ? "built" : "already built"}: ${streamsFolder}`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  Deno.exit(1);
}
