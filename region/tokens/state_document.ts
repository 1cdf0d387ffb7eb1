import { z } from "zod";
import type { SigningKey } from "@/region/context.ts";
import type { SiteState } from "@/shared/contract/site_state.ts";
import { parseClaims } from "./parse_claims.ts";
import { signAsRegion, verifyAsRegion } from "./region_keys.ts";

const TYP = "rw-state+jws";

/** A site's state as it travels: a compact JWS, signed by the region's first key. */
export async function signSiteState(
  keys: readonly SigningKey[],
  state: SiteState,
): Promise<string> {
  return await signAsRegion(keys, TYP, JSON.stringify(state));
}

/** The generation of a document; undefined when none of our keys signed it. */
export async function generationOf(
  keys: readonly SigningKey[],
  document: string,
): Promise<number | undefined> {
  const verified = await verifyAsRegion(keys, TYP, document);
  if (verified.kind !== "ok") return undefined;
  return parseClaims(z.object({ generation: z.int() }), verified.payload)?.generation;
}
