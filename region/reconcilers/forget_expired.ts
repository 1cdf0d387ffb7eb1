import type { RegionContext } from "@/region/context.ts";
import { deleteJoinTokensExpiredBefore } from "@/region/db/queries/join_tokens.ts";
import { deleteRepeatableRequestsBefore } from "@/region/db/queries/repeatable_requests.ts";
import { deleteExpiredSessions } from "@/region/db/queries/users.ts";

/** So long a late user of a join token is told that it expired, and not that it never existed. */
const JOIN_TOKEN_MEMORY_MS = 30 * 24 * 3_600_000;

/** Nobody repeats a request after so long. */
const REQUEST_MEMORY_MS = 24 * 3_600_000;

/** Forgets sessions and join tokens that let nobody in any more, and answers nobody asks for again. */
export async function forgetExpired(ctx: RegionContext): Promise<void> {
  const now = ctx.now();
  await deleteExpiredSessions(ctx.db, now);
  await deleteRepeatableRequestsBefore(ctx.db, new Date(now.getTime() - REQUEST_MEMORY_MS));
  await deleteJoinTokensExpiredBefore(ctx.db, new Date(now.getTime() - JOIN_TOKEN_MEMORY_MS));
}
