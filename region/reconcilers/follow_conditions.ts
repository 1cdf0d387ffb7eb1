import type { RegionContext } from "@/region/context.ts";
import { followConditions as follow } from "@/region/services/notifications/follow_conditions.ts";
import type { Settings } from "@/region/services/settings/read_settings.ts";
import { VERSION } from "@/region/version.ts";

/** Tells people what needs them, and takes back what is over. */
export async function followConditions(ctx: RegionContext, settings: Settings): Promise<void> {
  await follow(ctx, settings, VERSION);
}
