import type { RegionContext } from "@/region/context.ts";
import { idFromBytes } from "@/region/domain/random_id.ts";

/** Six random characters: 887 million possibilities, and the database refuses a repeat. */
export function makeSystemId(ctx: Pick<RegionContext, "randomBytes">): string {
  return idFromBytes(ctx.randomBytes(6));
}
