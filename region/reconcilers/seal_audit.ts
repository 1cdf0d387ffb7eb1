import type { RegionContext } from "@/region/context.ts";
import { sealEntries } from "@/region/services/audit/seal_entries.ts";

/** Appends to the audit's chain what was written since the last time. */
export async function sealAudit(ctx: RegionContext): Promise<void> {
  await sealEntries(ctx);
}
