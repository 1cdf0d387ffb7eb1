import type { RegionContext } from "@/region/context.ts";
import {
  deleteSshKey,
  insertSshKey,
  listSshKeys as listSshKeyRows,
  type SshKeyRow,
} from "@/region/db/queries/users.ts";
import { parseSshKey } from "@/region/domain/ssh_key.ts";
import { mustFind } from "@/region/services/not_found.ts";
import { refuseViolations } from "@/region/services/refuse_violations.ts";
import { type Caller, requireRole } from "../identity/caller.ts";

/** The caller's own keys. */
export async function listSshKeys(
  ctx: RegionContext,
  caller: Caller,
  limit: number,
): Promise<SshKeyRow[]> {
  requireRole(caller, "viewer");
  return await listSshKeyRows(ctx.db, caller.userId, limit);
}

/** Adds a key to the caller's own. Throws `conflict` when it is there already. */
export async function addSshKey(
  ctx: RegionContext,
  caller: Caller,
  text: string,
): Promise<SshKeyRow> {
  requireRole(caller, "viewer");
  const { key, comment } = parseSshKey(text);
  const taken = { code: "ssh_key.known", message: "you have this key already", field: "key" };
  return await refuseViolations(
    { ssh_keys_user_key: taken },
    () => insertSshKey(ctx.db, { userId: caller.userId, key, comment }),
  );
}

/** Removes one of the caller's own keys; machines that have it keep it. Throws `not_found`. */
export async function removeSshKey(
  ctx: RegionContext,
  caller: Caller,
  id: number,
): Promise<void> {
  requireRole(caller, "viewer");
  const wasThere = await deleteSshKey(ctx.db, caller.userId, id);
  mustFind(wasThere || undefined, "ssh_key", id);
}
