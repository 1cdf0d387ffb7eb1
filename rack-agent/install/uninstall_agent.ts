import { exists, hasAccount, hasSystemd, hostCommand, removeAll } from "./host_command.ts";
import { requireRoot } from "./install_agent.ts";
import { ACCOUNT, placesBelow, UNIT_NAME } from "./places.ts";

/**
 * Removes what `installAgent` has put in place. The data stays, and with it who this agent is, unless
 * `isPurge`. What is not there is fine.
 */
export async function uninstallAgent(
  { root, isPurge }: { readonly root: string; readonly isPurge: boolean },
): Promise<void> {
  requireRoot();
  const { program, unpacked, unit, data } = placesBelow(root);
  const isThisHost = root === "";
  if (isThisHost && await hasSystemd() && await exists(unit)) {
    await hostCommand("systemctl", "disable", "--now", UNIT_NAME);
  }
  for (const path of [unit, program, unpacked]) await removeAll(path);
  if (isPurge) {
    await removeAll(data);
    await Deno.remove(data.slice(0, data.lastIndexOf("/"))).catch(() => {}); // unless others use it
  }
  if (isThisHost) {
    if (await hasSystemd()) await hostCommand("systemctl", "daemon-reload");
    if (isPurge) await removeAll("/var/cache/rackwright-agent");
    if (await hasAccount(ACCOUNT)) await hostCommand("userdel", ACCOUNT);
  }
  const kept = !isPurge && await exists(data) ? `; ${data} is kept (--purge removes it)` : "";
  console.log(`removed ${program} and ${unit}${kept}`);
}
