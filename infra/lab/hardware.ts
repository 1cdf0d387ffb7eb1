import { buildMachine, ipmitool, ipmitoolCommand, startBmc } from "./bmc.ts";
import { type LabFolders, machineFolder } from "./folders.ts";
import { startRedfish } from "./redfish_service.ts";
import { createNetwork, type NetworkPlan, planNetwork } from "./network.ts";
import type { BmcKind, Firmware } from "./options.ts";
import { type RunningHardware, runningHardware } from "./running_hardware.ts";
import { FILES, planMachine, type VirtualMachine } from "./virtual_machine.ts";

export interface HardwareOptions {
  readonly name: string;
  readonly machines: number;
  readonly firmware: Firmware;
  readonly disks: number;
  readonly bmc: BmcKind;
  readonly folders: LabFolders;
}

/** A machine in the rack, with its power button. */
export interface RackMachine extends VirtualMachine {
  readonly serialLogPath: string;
  /** Raw images of its disks, the first one first. */
  readonly diskPaths: readonly string[];
  /** What a person runs to ask the BMC. */
  readonly ipmitoolCommand: string;
  /** Sets the next boot and switches on: what a person does for a machine nobody knows yet. */
  powerOn(): Promise<void>;
  powerOff(): Promise<void>;
  /** What the BMC says, not what anybody believes. */
  powerState(): Promise<"on" | "off">;
  /** What the machine is really doing, whatever its BMC says. */
  running(): Promise<RunningHardware>;
  /** SHA-256 of the certificate of its Redfish service; absent: it has none. */
  readonly certificateSha256?: string;
}

export interface Hardware {
  readonly plan: NetworkPlan;
  readonly machines: readonly RackMachine[];
}

/** Lays the network and racks the machines, all off; their BMCs answer. The claim on the name is made. */
export async function startHardware(options: HardwareOptions): Promise<Hardware> {
  const plan = planNetwork(options.name);
  await createNetwork(plan, options.machines);
  const numbers = Array.from({ length: options.machines }, (_, i) => i + 1);
  const machines = await Promise.all(numbers.map((number) => rack(options, plan, number)));
  return { plan, machines };
}

async function rack(
  options: HardwareOptions,
  plan: NetworkPlan,
  number: number,
): Promise<RackMachine> {
  const { folders, ...planned } = options;
  const machine = planMachine({ ...planned, number, password: randomPassword() });
  const folder = machineFolder(folders, number);
  const serialLogPath = `${folders.logs}/serial-${number}.log`;
  await buildMachine(machine, folder);
  await Deno.writeTextFile(serialLogPath, "");
  await startBmc({
    plan,
    machine,
    folder,
    labName: options.name,
    log: `${folders.logs}/bmc-${number}.log`,
  });
  const redfish = machine.bmc.kind === "redfish"
    ? await startRedfish({
      plan,
      machine,
      folder,
      labName: options.name,
      log: `${folders.logs}/redfish-${number}.log`,
    })
    : {};
  const ask = (...args: string[]) => ipmitool(plan, machine, args);
  return {
    ...machine,
    ...redfish,
    serialLogPath,
    diskPaths: Array.from({ length: machine.disks }, (_, i) => `${folder}/${FILES.disk(i + 1)}`),
    ipmitoolCommand: ipmitoolCommand(plan, machine),
    powerOn: async () => {
      await ask("chassis", "bootdev", "pxe");
      await ask("power", "on");
    },
    powerOff: async () => {
      await ask("power", "off");
    },
    running: () => runningHardware(folder),
    powerState: async () => (await ask("power", "status")).endsWith("on") ? "on" : "off",
  };
}

/** IPMI takes at most 16 bytes as a password for suite 3's key of 20. */
function randomPassword(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(7));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
