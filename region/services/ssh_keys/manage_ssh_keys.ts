import type { RegionContext } from "@/region/context.ts";
import {
  deleteSshKey,
  findSshKey,
  insertSshKey,
  listSshKeys as listSshKeyRows,
  type SshKeyRow,
  updateSshKey as updateSshKeyRow,
} from "@/region/db/queries/users.ts";
import { parseSshKey } from "@/region/domain/ssh_key.ts";
import { recordChange } from "@/region/services/audit/record_change.ts";
import { expectVersion } from "@/region/services/expect_version.ts";
import { mustFind } from "@/region/services/not_found.ts";
import { refuseViolations } from "@/region/services/refuse_violations.ts";
import { ChangedMeanwhile, retryOnChange } from "@/region/services/retry_on_change.ts";
import { sha256Base64 } from "@/region/tokens/digest.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { type Caller, requireRole } from "../identity/caller.ts";

/** All of them go into every machine deployed for the user. */
const KEYS_PER_USER_MAX = 100;

/** A key with its fingerprint as `ssh-keygen -l` shows it. */
export type SshKeyView = Omit<SshKeyRow, "userId"> & { fingerprint: string };

/** The caller's own keys. */
export async function listSshKeys(
  ctx: RegionContext,
  caller: Caller,
  limit: number,
): Promise<SshKeyView[]> {
  requireRole(caller, "viewer");
  return await Promise.all((await listSshKeyRows(ctx.db, caller.userId, limit)).map(viewKey));
}

/** Adds a key to the caller's own. Throws `conflict` when it is there already, or too many are. */
export async function addSshKey(
  ctx: RegionContext,
  caller: Caller,
  text: string,
): Promise<SshKeyView> {
  requireRole(caller, "viewer");
  const { key, comment } = parseSshKey(text);
  const { userId } = caller;
  const taken = { code: "ssh_key.known", message: "you have this key already", field: "key" };
  return await refuseViolations(
    { ssh_keys_user_key: taken },
    () =>
      ctx.db.transaction(async (tx) => {
        const known = await listSshKeyRows(tx, userId, KEYS_PER_USER_MAX);
        if (known.length === KEYS_PER_USER_MAX) throw tooMany();
        const row = await insertSshKey(tx, { userId, key, comment, createdAt: ctx.now() });
        const view = await viewKey(row);
        await recordChange(ctx, tx, caller, {
          action: "ssh_key.add",
          id: row.id,
          name: view.fingerprint,
          after: auditView(view),
        });
        return view;
      }),
  );
}

/** Changes the remark at one of the caller's own keys. Throws `not_found`. */
export async function updateSshKey(
  ctx: RegionContext,
  caller: Caller,
  input: { keyId: number; comment: string; ifVersion?: number },
): Promise<SshKeyView> {
  requireRole(caller, "viewer");
  const { keyId, comment, ifVersion } = input;
  return await retryOnChange(`SSH key ${keyId}`, () =>
    ctx.db.transaction(async (tx) => {
      const read = mustFind(await findSshKey(tx, caller.userId, keyId), "ssh_key", keyId);
      expectVersion(read, ifVersion);
      const row = await updateSshKeyRow(tx, read, { comment });
      if (!row) throw new ChangedMeanwhile();
      const [before, after] = [await viewKey(read), await viewKey(row)];
      await recordChange(ctx, tx, caller, {
        action: "ssh_key.update",
        id: keyId,
        name: after.fingerprint,
        before: auditView(before),
        after: auditView(after),
      });
      return after;
    }));
}

/** Removes one of the caller's own keys; machines that have it keep it. Throws `not_found`. */
export async function removeSshKey(
  ctx: RegionContext,
  caller: Caller,
  id: number,
): Promise<void> {
  requireRole(caller, "viewer");
  await ctx.db.transaction(async (tx) => {
    const row = mustFind(await findSshKey(tx, caller.userId, id), "ssh_key", id);
    await deleteSshKey(tx, id);
    const view = await viewKey(row);
    await recordChange(ctx, tx, caller, {
      action: "ssh_key.remove",
      id,
      name: view.fingerprint,
      before: auditView(view),
    });
  });
}

async function viewKey({ userId: _, ...row }: SshKeyRow): Promise<SshKeyView> {
  const [, base64 = ""] = row.key.split(" ");
  const blob = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  // The key was parsed before it was stored: what follows the type is base64.
  return { ...row, fingerprint: `SHA256:${await sha256Base64(blob)}` };
}

function auditView({ key, comment }: SshKeyView) {
  return { key, comment };
}

function tooMany(): DomainError {
  return new DomainError({
    kind: "conflict",
    code: "ssh_key.too_many",
    message: `you have ${KEYS_PER_USER_MAX} SSH keys; remove those you no longer need`,
    accepted: `at most ${KEYS_PER_USER_MAX}`,
  });
}
