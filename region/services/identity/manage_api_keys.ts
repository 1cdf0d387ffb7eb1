import type { RegionContext } from "@/region/context.ts";
import {
  type ApiKeyRow,
  countApiKeys,
  deleteApiKey,
  insertApiKey,
  listApiKeys as listApiKeyRows,
} from "@/region/db/queries/api_keys.ts";
import { findUser } from "@/region/db/queries/users.ts";
import { recordChange } from "@/region/services/audit/record_change.ts";
import { mustFind } from "@/region/services/not_found.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { type Scope, SCOPES } from "@/shared/identity/scope.ts";
import { makeApiKey } from "./access_tokens.ts";
import { type Caller, requireRole } from "./caller.ts";

const KEYS_PER_USER_MAX = 100;

/** A key as its owner sees it, ever after it was made. */
export type ApiKeyView = Omit<ApiKeyRow, "keyHash">;

/** The caller's own, oldest first; an admin may ask for another's. */
export async function listApiKeys(
  ctx: RegionContext,
  caller: Caller,
  query: { userId?: number; limit: number },
): Promise<ApiKeyView[]> {
  const { userId = caller.userId, limit } = query;
  requireRole(caller, userId === caller.userId ? "viewer" : "admin");
  mustFind(await findUser(ctx.db, userId), "user", userId);
  return (await listApiKeyRows(ctx.db, userId, limit)).map(viewApiKey);
}

/**
 * Makes a key of the caller's own; its text is shown only now.
 *
 * Whoever comes with a key makes none that may do more or lives longer. Throws `forbidden` for that,
 * `conflict` when there are too many.
 */
export async function createApiKey(
  ctx: RegionContext,
  caller: Caller,
  input: { description: string; scope: Scope; expiresInSeconds?: number },
): Promise<ApiKeyView & { key: string }> {
  requireRole(caller, "viewer");
  const createdAt = ctx.now();
  const { description, scope, expiresInSeconds } = input;
  const expiresAt = expiresInSeconds === undefined
    ? null
    : new Date(createdAt.getTime() + expiresInSeconds * 1000);
  refuseStronger(caller, { scope, expiresAt });
  const { key, prefix, hash } = await makeApiKey(ctx.randomBytes);
  const row = await ctx.db.transaction(async (tx) => {
    if (await countApiKeys(tx, caller.userId) >= KEYS_PER_USER_MAX) throw tooMany();
    const made = await insertApiKey(tx, {
      userId: caller.userId,
      prefix,
      keyHash: hash,
      createdAt,
      description,
      scope,
      expiresAt,
    });
    await recordChange(ctx, tx, caller, {
      action: "api_key.create",
      id: made.id,
      name: prefix,
      after: auditView(made),
    });
    return made;
  });
  return { ...viewApiKey(row), key };
}

/** Revokes a key of the caller's own; an admin revokes anybody's. Throws `not_found`. */
export async function revokeApiKey(
  ctx: RegionContext,
  caller: Caller,
  id: number,
): Promise<void> {
  requireRole(caller, "viewer");
  const owner = caller.role === "admin" ? {} : { userId: caller.userId };
  await ctx.db.transaction(async (tx) => {
    const row = mustFind(await deleteApiKey(tx, id, owner), "api_key", id);
    await recordChange(ctx, tx, caller, {
      action: "api_key.revoke",
      id,
      name: row.prefix,
      before: auditView(row),
    });
  });
}

function refuseStronger(
  { apiKey }: Caller,
  wanted: { scope: Scope; expiresAt: Date | null },
): void {
  if (!apiKey) return;
  if (SCOPES.indexOf(wanted.scope) > SCOPES.indexOf(apiKey.scope)) {
    throw new DomainError({
      kind: "forbidden",
      code: "api_key.scope_too_wide",
      field: "scope",
      value: wanted.scope,
      accepted: SCOPES.slice(0, SCOPES.indexOf(apiKey.scope) + 1).join(", "),
      message: `a key with scope ${apiKey.scope} makes no key with scope ${wanted.scope}`,
    });
  }
  const ends = apiKey.expiresAt;
  if (ends && (!wanted.expiresAt || wanted.expiresAt > ends)) {
    throw new DomainError({
      kind: "forbidden",
      code: "api_key.outlives_maker",
      field: "expiresInSeconds",
      accepted: `an end before ${ends.toISOString()}`,
      message: `a key that ends at ${ends.toISOString()} makes no key that ends later`,
    });
  }
}

function viewApiKey({ keyHash: _, ...row }: ApiKeyRow): ApiKeyView {
  return row;
}

function auditView({ userId, prefix, description, scope, expiresAt }: ApiKeyRow) {
  return { userId, prefix, description, scope, expiresAt };
}

function tooMany(): DomainError {
  return new DomainError({
    kind: "conflict",
    code: "api_key.too_many",
    message: `you have ${KEYS_PER_USER_MAX} API keys; revoke those you no longer need`,
    accepted: `at most ${KEYS_PER_USER_MAX}`,
  });
}
