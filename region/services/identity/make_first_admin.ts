import type { RegionContext } from "@/region/context.ts";
import { insertApiKey } from "@/region/db/queries/api_keys.ts";
import { hasUsers, insertUser, lockUsers } from "@/region/db/queries/users.ts";
import { toHex } from "@/region/tokens/digest.ts";
import { makeApiKey } from "./access_tokens.ts";
import { hashPassword } from "./password.ts";

export interface FirstAdmin {
  readonly username: string;
  readonly password: string;
  readonly apiKey: string;
}

/** 96 bits: too many to guess, few enough to copy by hand. */
const PASSWORD_BYTES = 12;

/**
 * Makes the user `admin` with a random password and an API key when there are no users yet;
 * undefined when there are. Only hashes are stored: what it returns must be shown now.
 */
export async function makeFirstAdmin(
  ctx: Pick<RegionContext, "db" | "now" | "randomBytes">,
): Promise<FirstAdmin | undefined> {
  return await ctx.db.transaction(async (tx) => {
    await lockUsers(tx);
    if (await hasUsers(tx)) return undefined;
    const createdAt = ctx.now();
    const username = "admin";
    const password = toHex(ctx.randomBytes(PASSWORD_BYTES));
    const passwordHash = await hashPassword(password, ctx.randomBytes);
    const user = await insertUser(tx, { username, passwordHash, role: "admin", createdAt });
    const { key, prefix, hash } = await makeApiKey(ctx.randomBytes);
    await insertApiKey(tx, {
      userId: user.id,
      prefix,
      keyHash: hash,
      createdAt,
      description: "of the first start",
    });
    return { username, password, apiKey: key };
  });
}
