import type { RegionContext, RegionSecrets } from "@/region/context.ts";
import { type SealKey, sealUnder, unsealText } from "@/region/tokens/seal.ts";

/** Ciphertexts only, a few hundred bytes each. */
const KEPT_MAX = 20_000;

/** By key and what is at rest: what a site gets. Lost with the process, and made again. */
const kept = new WeakMap<RegionSecrets, Map<string, string>>();

/**
 * What is sealed under the region's key, sealed under the site's.
 *
 * `siteKeyAtRest`: the site's key as it is stored, which tells it from one before it. What was made is
 * kept, for a site's document is made anew at every change, and sealing the passwords of a thousand
 * BMCs takes longer than all the rest of it. Throws when it cannot be opened.
 */
export async function reseal(
  { secrets }: Pick<RegionContext, "secrets">,
  { siteKey, siteKeyAtRest }: { siteKey: SealKey; siteKeyAtRest: string },
  sealed: string,
): Promise<string> {
  const known = kept.get(secrets) ?? new Map<string, string>();
  kept.set(secrets, known);
  const key = `${siteKeyAtRest} ${sealed}`;
  const found = known.get(key) ??
    await sealUnder(siteKey, await unsealText(secrets.sealKey, sealed));
  known.delete(key);
  known.set(key, found); // the newest last
  for (const oldest of known.keys()) {
    if (known.size <= KEPT_MAX) break;
    known.delete(oldest);
  }
  return found;
}
