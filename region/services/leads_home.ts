import type { RegionContext } from "@/region/context.ts";
import { isAllowedHost, isForbiddenHost } from "@/region/domain/outbound_url.ts";

/** Whether a name, as it resolves now, leads to the region's own host or link and is not allowed to. */
export async function leadsHome(
  ctx: Pick<RegionContext, "resolveHost">,
  url: URL,
  allowedHosts: readonly string[],
): Promise<boolean> {
  if (isAllowedHost(url, allowedHosts)) return false;
  const addresses = await ctx.resolveHost?.(url.hostname).catch(() => []) ?? [];
  return addresses.some(isForbiddenHost);
}
