import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { findSite } from "@/region/db/queries/sites.ts";
import { siteStateName } from "@/region/object_store/object_names.ts";
import type { BridgeFault } from "@/infra/cloudflare/database_bridge.ts";
import { STORE_FAULT_HEADER } from "@/test/homes/test_headers.ts";
import { readDocument } from "../sync/test_agent.ts";
import { type RegionInWorkerd, startRegionInWorkerd } from "./region_in_workerd.ts";

let region: RegionInWorkerd;
beforeAll(async () => {
  region = await startRegionInWorkerd();
});
afterEach(() => {
  region.home.bridge.fault = { kind: "none" };
});
afterAll(() => region?.dispose());

/** What the database wants, what it believes to be published, what is in the store. */
async function generations(siteId: string) {
  const site = await findSite(region.ctx.db, siteId);
  const object = await region.ctx.objectStore.get(siteStateName(siteId));
  const document = object && readDocument(await new Response(object.body).text());
  return [site?.wantedGeneration, site?.publishedGeneration, document?.generation];
}

/** Where the Worker ends, as one does that its host loses: in the middle, without a word. */
const CRASHES: [string, { fault?: BridgeFault; store?: string }, unknown[]][] = [
  ["before anything is changed", { store: "put region/work" }, [1, 1, 1]],
  ["before the commit", { fault: { kind: "cut", atStatement: /^commit/i } }, [1, 1, 1]],
  [
    "between the commit and the reading of the site",
    { fault: { kind: "cut", atStatement: /repeatable read/i } },
    [2, 1, 1],
  ],
  [
    "while the site is read",
    { fault: { kind: "cut", atStatement: /from "machines"/i } },
    [2, 1, 1],
  ],
  ["before the document is put", { store: "put sites/" }, [2, 1, 1]],
  [
    "between the put and the word of it",
    { fault: { kind: "cut", atStatement: /^update "sites" set "published_generation"/i } },
    [2, 1, 2],
  ],
];

for (const [i, [name, { fault, store }, left]] of CRASHES.entries()) {
  test(`a publication that crashes ${name} is whole after the next tick`, async () => {
    const { id } = await region.makeSite(`Site ${i}`);
    expect(await generations(id)).toEqual([1, 1, 1]);
    if (fault) region.home.bridge.fault = fault;
    const headers = store === undefined ? undefined : { [STORE_FAULT_HEADER]: store };
    const changed = await region.call("PATCH", `/api/v1/sites/${id}`, { enlist: false }, headers);
    await changed.body?.cancel();
    expect(await generations(id)).toEqual(left);
    region.home.bridge.fault = { kind: "none" };
    region.advance(60);
    await region.scheduled();
    const [wanted] = left;
    expect(await generations(id)).toEqual([wanted, wanted, wanted]);
    // What was not carried out was not promised either.
    expect(changed.status).toBe(wanted === 1 ? 503 : 200);
  });
}
