import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Arrival, ContentCache } from "@/rack-agent/runtime/content_cache.ts";
import { contentOf } from "@/rack-agent/services/site_content.ts";
import { upstreamSource } from "@/rack-agent/services/upstream_source.ts";
import {
  createBootSource,
  updateBootSource,
} from "@/region/services/images/manage_boot_sources.ts";
import { runSyncs } from "@/region/services/images/run_syncs.ts";
import { startSync } from "@/region/services/images/start_sync.ts";
import type { ContentFile } from "@/shared/contract/site_state.ts";
import {
  type ImageSource,
  makeTree,
  serveImageSource,
} from "@/test/integration/region/images_fixture.ts";
import { ADMIN, type RegionUnderTest, startRegion } from "./region_under_test.ts";
import { joinSite, type TestAgent } from "./test_agent.ts";

let region: RegionUnderTest;
let publisher: ImageSource;
let agent: TestAgent;
let sourceId: string;
beforeAll(async () => {
  region = await startRegion();
  publisher = serveImageSource();
  agent = await joinSite(region, (await region.makeSite("One")).id);
  publisher.tree = makeTree("direct");
  const source = { name: "publisher", url: publisher.url, keyring: null, syncMinutes: null };
  ({ id: sourceId } = await createBootSource(region.ctx, ADMIN, source));
  await startSync(region.ctx, ADMIN, sourceId);
  await runSyncs(region.ctx, { sliceMs: 60_000 });
});
beforeEach(() => {
  publisher.asked = [];
});
afterAll(async () => {
  await publisher.stop();
  await region.dispose();
});

const allow = (agentsFetchDirectly: boolean) =>
  updateBootSource(region.ctx, ADMIN, { sourceId, agentsFetchDirectly });

/** Brings everything that the state names to an agent's cache; says what was asked of the region. */
async function fetchAll() {
  const folder = await Deno.makeTempDir();
  const regionAsked: string[] = [];
  const arrivals: (Arrival & { name: string })[] = [];
  const ask = async (path: string) => {
    regionAsked.push(path);
    const response = await agent.request("GET", path);
    if (!response.ok || !response.body) throw new Error(`${path}: ${response.status}`);
    return response;
  };
  const files = contentOf(await agent.state());
  const cache = new ContentCache({
    folder,
    fetcher: async ({ sha256 }) => (await ask(`/blobs/${sha256}`)).body!, // ask() has looked
    fetchChunkHashes: async ({ sha256 }) => await (await ask(`/blobs/${sha256}/chunks`)).bytes(),
    upstream: upstreamSource({ clock: { nowMs: () => Date.now() }, log: () => {} }),
    onCached: (file, arrival) => arrivals.push({ ...arrival, name: nameOf(file) }),
  });
  for (const file of files) await cache.ensure(file);
  const fromRegion = regionAsked.filter((path) => !path.endsWith("/chunks"));
  await Deno.remove(folder, { recursive: true });
  return { files, fromRegion, arrivals };
}

function nameOf({ upstreamUrl = "none" }: ContentFile): string {
  return upstreamUrl.slice(publisher.url.length + 1);
}

test("the region says nothing of a publisher until an admin lets agents go there", async () => {
  const { files, fromRegion } = await fetchAll();
  expect(files.map(({ upstreamUrl }) => upstreamUrl)).toEqual(files.map(() => undefined));
  expect([fromRegion.length, publisher.asked]).toEqual([files.length, []]);
});

test("an agent takes from the publisher what it may, and from the region what fails there", async () => {
  await allow(true);
  const all = await fetchAll();
  expect(all.files.length).toBe(5);
  expect([all.fromRegion, publisher.asked.length]).toEqual([[], 5]);
  expect(all.arrivals.map(({ origin }) => origin)).toEqual(Array(5).fill("upstream"));

  publisher.respond = (path, _, file) => {
    if (path.endsWith("boot-kernel")) return new Response("gone", { status: 404 });
    return new Response(path.endsWith("squashfs") ? file.replace("d", "D") : file);
  };
  const some = await fetchAll();
  publisher.respond = undefined;
  const problems = some.arrivals.filter(({ origin }) => origin === "region")
    .map(({ name, upstreamProblem }) => [name, upstreamProblem]);
  expect(problems).toEqual([
    ["direct/20260102/boot-kernel", expect.stringContaining("answered 404")],
    ["direct/20260102/squashfs", expect.stringContaining("chunk 0")],
  ]);
  expect(some.fromRegion.length).toBe(2);

  await allow(false);
  publisher.asked = [];
  const none = await fetchAll();
  expect([none.fromRegion.length, publisher.asked]).toEqual([5, []]);
});
