import { commandChassis, MemoryChassis } from "./machine_chassis.ts";
import { RedfishBmc } from "./redfish_bmc.ts";
import { FLAVOUR_NAMES, type FlavourName } from "./redfish_flavours.ts";
import { serveRedfish } from "./redfish_server.ts";
import { selfSigned } from "./self_signed.ts";

/** What the program reads from the JSON file that is its only argument. */
interface Settings {
  readonly hostname: string;
  /** 0: any. */
  readonly port: number;
  readonly username: string;
  readonly password: string;
  readonly flavour: FlavourName;
  readonly uuid?: string;
  /** A program that switches the machine, see `commandChassis`; absent: the machine is in memory. */
  readonly chassis?: { readonly program: string; readonly folder: string };
}

/** Serves one BMC until it is killed; its first line says the port and the certificate's SHA-256. */
async function main([path]: readonly string[]): Promise<void> {
  if (path === undefined) throw new Error("redfish_main.ts takes one argument: a file of settings");
  const settings: Settings = JSON.parse(await Deno.readTextFile(path));
  if (!FLAVOUR_NAMES.includes(settings.flavour)) {
    throw new Error(`"${settings.flavour}" is not one of ${FLAVOUR_NAMES.join(", ")}`);
  }
  const { hostname, port, chassis } = settings;
  const machine = chassis ? commandChassis(chassis.program, chassis.folder) : new MemoryChassis();
  const bmc = new RedfishBmc(settings, machine);
  const certificate = await selfSigned(hostname);
  const server = serveRedfish(() => bmc, { hostname, port, certificate });
  console.log(JSON.stringify({ port: server.port, sha256: certificate.sha256 }));
}

await main(Deno.args);
