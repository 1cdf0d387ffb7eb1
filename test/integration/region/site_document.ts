import { siteStateName } from "@/region/object_store/object_names.ts";
import { SiteState } from "@/shared/contract/site_state.ts";
import type { RegionUnderTest } from "./region_under_test.ts";

/** The state document of a site as its agents would read it now; its signature is not looked at. */
export async function readSiteDocument(
  region: RegionUnderTest,
  siteId: string,
): Promise<SiteState> {
  const object = await region.ctx.objectStore.get(siteStateName(siteId));
  if (!object) throw new Error(`site ${siteId} has no document`);
  const [, payload = ""] = (await new Response(object.body).text()).split(".");
  const json = new TextDecoder().decode(Uint8Array.fromBase64(payload, { alphabet: "base64url" }));
  return SiteState.parse(JSON.parse(json));
}
