import { DomainError } from "@/shared/errors/domain_error.ts";
import { getUserAccess } from "../../wire/ipmi/commands/get_user_access.ts";
import { getUserName } from "../../wire/ipmi/commands/get_user_name.ts";
import {
  PRIVILEGE,
  type PrivilegeName,
  THIS_CHANNEL,
} from "../../wire/ipmi/commands/ipmi_command.ts";
import { setUserAccess } from "../../wire/ipmi/commands/set_user_access.ts";
import { setUserName } from "../../wire/ipmi/commands/set_user_name.ts";
import { setUserPassword } from "../../wire/ipmi/commands/set_user_password.ts";
import { USERNAME_BYTES_MAX } from "../../wire/ipmi/rakp.ts";
import { KEY_BYTES_MAX } from "../../wire/ipmi/rakp_keys.ts";
import { type IpmiRunner, isBmcFault } from "./ipmi_runner.ts";

/** A user of a BMC, as far as it tells. */
export interface BmcUser {
  readonly userId: number;
  readonly username: string; // empty: the slot is free, or the anonymous user's
  readonly isEnabled: boolean | undefined;
  readonly mayUseIpmi: boolean;
  readonly privilege: number;
}

/** The first slot is the anonymous user's in the specification, IPMI 2.0 §6.9.1. */
const FIRST_OWN_USER_ID = 2;

/** Every user slot, in order. */
export async function listUsers(bmc: IpmiRunner): Promise<BmcUser[]> {
  const users: BmcUser[] = [];
  let usersMax = 1;
  for (let userId = 1; userId <= usersMax; userId++) {
    const access = await bmc.run(getUserAccess, { channel: THIS_CHANNEL, userId });
    usersMax = access.usersMax;
    const { username } = await bmc.run(getUserName, { userId }).catch((error) => {
      if (isBmcFault(error, "bmc.command_failed")) return { username: "" }; // never named
      throw error;
    });
    const { isEnabled, mayUseIpmi, privilege } = access;
    users.push({ userId, username, isEnabled, mayUseIpmi, privilege });
  }
  return users;
}

/**
 * Makes a user, or brings the one of this name to this password and privilege; returns its slot.
 *
 * Safe to repeat. DomainError `bmc.no_free_user` when every slot is taken; `bmc.` codes of the BMC.
 * The session must be an administrator's and encrypted, or the password is read on the way.
 */
export async function putUser(
  bmc: IpmiRunner,
  user: { username: string; password: string; privilege: PrivilegeName },
): Promise<number> {
  const password = new TextEncoder().encode(user.password);
  const nameBytes = new TextEncoder().encode(user.username).length;
  checkBytes("username", nameBytes, USERNAME_BYTES_MAX);
  checkBytes("password", password.length, KEY_BYTES_MAX);
  const users = await listUsers(bmc);
  const found = users.find(({ username }) => username === user.username);
  const free = users.find((each) => each.userId >= FIRST_OWN_USER_ID && isFree(each));
  const userId = (found ?? free)?.userId;
  if (userId === undefined) throw noFreeUser(users.length);
  if (!found) await bmc.run(setUserName, { userId, username: user.username });
  await bmc.run(setUserPassword, { userId, operation: "set", password });
  await bmc.run(setUserAccess, {
    channel: THIS_CHANNEL,
    userId,
    mayUseIpmi: true,
    privilege: PRIVILEGE[user.privilege],
  });
  await bmc.run(setUserPassword, { userId, operation: "enable" });
  return userId;
}

/** Takes a user's access and name away; true when there was one. */
export async function removeUser(bmc: IpmiRunner, username: string): Promise<boolean> {
  const found = (await listUsers(bmc)).find((user) => user.username === username);
  if (!found) return false;
  const { userId } = found;
  await bmc.run(setUserPassword, { userId, operation: "disable" });
  await bmc.run(setUserName, { userId, username: "" });
  return true;
}

function isFree({ username, isEnabled }: BmcUser): boolean {
  return username === "" && isEnabled !== true;
}

function noFreeUser(slots: number): DomainError {
  return new DomainError({
    kind: "conflict",
    code: "bmc.no_free_user",
    message: `all ${slots} user slots of the BMC are taken; remove a user in it`,
  });
}

function checkBytes(field: string, bytes: number, bytesMax: number): void {
  if (bytes >= 1 && bytes <= bytesMax) return;
  throw new DomainError({
    kind: "invalid_input",
    code: "bmc.user_malformed",
    message: `IPMI allows 1 to ${bytesMax} bytes for the ${field} of a user; this one has ${bytes}`,
    field,
  });
}
