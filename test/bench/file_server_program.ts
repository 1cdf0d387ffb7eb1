import { ContentCache } from "@/rack-agent/runtime/content_cache.ts";
import { FileService } from "@/rack-agent/services/file_server/file_service.ts";

/**
 * The file server alone, as a program: `CACHE ORIGIN PORT`. What is not in the cache folder is fetched
 * from the origin folder. A line on standard input is answered with what it cost so far.
 */
const [folder = "", origin = "", port = ""] = Deno.args;
let fetches = 0;
const write = (line: object) => console.log(JSON.stringify(line));

const cache = new ContentCache({
  folder,
  fetcher: async ({ sha256 }) => {
    fetches++;
    return (await Deno.open(`${origin}/${sha256}`)).readable;
  },
  onCached: () => {},
});
const service = new FileService({
  port: Number(port),
  log: (event, fields) => write({ event, ...fields }),
  source: {
    watch: async (sha256, tell) => {
      const { size: bytes } = await Deno.stat(`${origin}/${sha256}`);
      await cache.watch({ sha256, bytes }, tell);
    },
  },
});
await service.start();
write({ event: "ready" });
for await (const _ of Deno.stdin.readable) {
  write({ event: "cost", fetches, residentBytes: Deno.memoryUsage().rss });
}
