import { CHECKOUT } from "./folders.ts";
import { insideSite, type NetworkPlan } from "./network.ts";
import { startProcess } from "./processes.ts";
import type { VirtualMachine } from "./virtual_machine.ts";

const PROGRAM = `${CHECKOUT}/test/fakes/bmc/redfish_main.ts`;
/** A Deno that has yet to compile it, on a host that is busy with other machines. */
const START_MS = 60_000;

/**
 * Starts the machine's Redfish service beside its IPMI; both have the same chassis behind them.
 *
 * Resolves once it answers, with the SHA-256 of its certificate.
 */
export async function startRedfish(
  of: { plan: NetworkPlan; machine: VirtualMachine; folder: string; labName: string; log: string },
): Promise<{ certificateSha256: string }> {
  const { address, username, password } = of.machine.bmc;
  const settings = {
    ...{ hostname: address, port: 443, username, password, flavour: "generic" },
    uuid: of.machine.uuid,
    chassis: { program: "./chassis.sh", folder: of.folder },
  };
  // In a file of its own: a command line is seen by everybody on the host.
  await Deno.writeTextFile(`${of.folder}/redfish.json`, JSON.stringify(settings), { mode: 0o600 });
  await Deno.writeTextFile(of.log, "");
  const process = startProcess({
    command: insideSite(of.plan, [Deno.execPath(), "run", "-A", PROGRAM, "redfish.json"]),
    cwd: of.folder,
    labName: of.labName,
    logPath: of.log,
  });
  const deadlineMs = performance.now() + START_MS;
  while (performance.now() < deadlineMs) {
    const sha256 = /"sha256":"([0-9a-f]{64})"/.exec(await Deno.readTextFile(of.log))?.[1];
    if (sha256 !== undefined) return { certificateSha256: sha256 };
    if (!process.isRunning()) break;
    await new Promise((wake) => setTimeout(wake, 100));
  }
  throw new Error(`the Redfish service of ${of.machine.name} did not start; see ${of.log}`);
}
