import type { RegionContext } from "@/region/context.ts";
import { insertJoinToken } from "@/region/db/queries/join_tokens.ts";
import { findSite } from "@/region/db/queries/sites.ts";
import { idFromBytes } from "@/region/domain/random_id.ts";
import { recordChange } from "@/region/services/audit/record_change.ts";
import { mustFind } from "@/region/services/not_found.ts";
import { sha256Hex, toHex } from "@/region/tokens/digest.ts";
import { formatJoinToken } from "@/region/tokens/join_token.ts";
import { regionThumbprint } from "@/region/tokens/region_keys.ts";
import { type Caller, requireRole } from "../identity/caller.ts";

const SECRET_BYTES = 24;

/** A token that lets one host join the site, once, until `expiresAt`. It is shown only now. */
export async function makeJoinToken(
  ctx: RegionContext,
  caller: Caller,
  input: { siteId: string; expiresInSeconds: number },
): Promise<{ token: string; expiresAt: Date; command: string }> {
  requireRole(caller, "admin");
  const site = mustFind(await findSite(ctx.db, input.siteId), "site", input.siteId);
  const id = idFromBytes(ctx.randomBytes(8));
  const secret = toHex(ctx.randomBytes(SECRET_BYTES));
  const expiresAt = new Date(ctx.now().getTime() + input.expiresInSeconds * 1000);
  const secretHash = await sha256Hex(new TextEncoder().encode(secret));
  await ctx.db.transaction(async (tx) => {
    await insertJoinToken(tx, { id, siteId: site.id, secretHash, expiresAt });
    await recordChange(ctx, tx, caller, {
      action: "join_token.create",
      id,
      name: site.name,
      after: { siteId: site.id, expiresAt },
    });
  });
  const token = formatJoinToken({ id, secret }, await regionThumbprint(ctx.secrets.signingKeys));
  return { token, expiresAt, command: `rackwright-agent join ${ctx.publicUrl} --token ${token}` };
}
