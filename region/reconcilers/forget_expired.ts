import type { RegionContext } from "@/region/context.ts";
import { deleteJoinTokensExpiredBefore } from "@/region/db/queries/join_tokens.ts";
import { deleteRepeatableRequestsBefore } from "@/region/db/queries/repeatable_requests.ts";
import { deleteExpiredSessions } from "@/region/db/queries/sessions.ts";
import { deleteAttemptsBefore } from "@/region/db/queries/sign_in_attempts.ts";

/** So long a late user of a join token is told that it expired, and not that it never existed. */
const JOIN_TOKEN_MEMORY_MS = 30 * 24 * 3_600_000;

/** Nobody repeats a request after so long. */
const REQUEST_MEMORY_MS = 24 * 3_600_000;
/** Whoever guesses more slowly than this guesses nothing. */
const ATTEMPT_MEMORY_MS = 24 * 3_600_000;

/** Forgets sessions and join tokens that let nobody in, wrong passwords, answers nobody asks for. */
export async function forgetExpired(ctx: RegionContext): Promise<void> {
  const now = ctx.now();
  await deleteExpiredSessions(ctx.db, now);
  await deleteAttemptsBefore(ctx.db, new Date(now.getTime() - ATTEMPT_MEMORY_MS));
  await deleteRepeatableRequestsBefore(ctx.db, new Date(now.getTime() - REQUEST_MEMORY_MS));
  await deleteJoinTokensExpiredBefore(ctx.db, new Date(now.getTime() - JOIN_TOKEN_MEMORY_MS));
}
