import { run } from "./command.ts";
import { insideSite, type NetworkPlan } from "./network.ts";
import { type LabProcess, startProcess } from "./processes.ts";
import { DISK_BYTES, FILES, qemuArguments, type VirtualMachine } from "./virtual_machine.ts";

const CHASSIS = new URL("./chassis.sh", import.meta.url);
const OVMF_VARIABLES = "/usr/share/OVMF/OVMF_VARS_4M.fd";

/** Builds a machine in `folder`: disks, firmware variables, QEMU's arguments, and its BMC's files. */
export async function buildMachine(machine: VirtualMachine, folder: string): Promise<void> {
  const write = (name: string, text: string, mode = 0o600) =>
    Deno.writeTextFile(`${folder}/${name}`, text, { mode });
  await Deno.mkdir(`${folder}/bmc-state`, { recursive: true });
  await write("network.args", qemuArguments(machine, "network").join("\n") + "\n");
  await write("disk.args", qemuArguments(machine, "disk").join("\n") + "\n");
  await write("chassis.sh", await Deno.readTextFile(CHASSIS), 0o700);
  await write("lan.conf", lanConfig(machine));
  await write("lan.sh", lanProgram(machine), 0o700);
  await write("bmc.emu", BMC_COMMANDS);
  for (let number = 1; number <= machine.disks; number++) {
    await write(FILES.disk(number), "");
    await Deno.truncate(`${folder}/${FILES.disk(number)}`, DISK_BYTES); // sparse
  }
  if (machine.firmware !== "bios") {
    await Deno.copyFile(OVMF_VARIABLES, `${folder}/${FILES.uefiVariables}`);
  }
  // QEMU's monitor: a pair of pipes, because a shell can write to one without another program.
  await run(["mkfifo", `${folder}/${FILES.monitor}.in`, `${folder}/${FILES.monitor}.out`]);
}

/** Starts the machine's BMC, which is there whether or not the machine is on. */
export async function startBmc(
  of: { plan: NetworkPlan; machine: VirtualMachine; folder: string; labName: string; log: string },
): Promise<LabProcess> {
  const sim = ["ipmi_sim", "-n", "-c", "lan.conf", "-f", "bmc.emu", "-s", "bmc-state"];
  const process = startProcess({
    command: insideSite(of.plan, sim),
    cwd: of.folder,
    labName: of.labName,
    logPath: of.log,
  });
  await untilAnswering(of.plan, of.machine, process);
  return process;
}

/** ipmi_sim reads its paths relative to the machine's folder, so none needs quoting. */
function lanConfig({ name, number, bmc }: VirtualMachine): string {
  const guid = `52570000000040008000${number.toString(16).padStart(12, "0")}`;
  return `name "${name}"
set_working_mc 0x20
  startlan 1
    addr ${bmc.address} 623
    priv_limit admin
    allowed_auths_callback none md2 md5 straight
    allowed_auths_user none md2 md5 straight
    allowed_auths_operator none md2 md5 straight
    allowed_auths_admin none md2 md5 straight
    guid ${guid}
    lan_config_program "./lan.sh"
  endlan
  chassis_control "./chassis.sh"
  serial 15 127.0.0.1 ${bmc.inbandPort} codec VM
  user 2 true "${bmc.username}" "${bmc.password}" admin 10 none md2 md5 straight
`;
}

/** What the BMC's own machine is told of the BMC's network: ipmi_sim calls it as `lan.sh get NAME...`. */
function lanProgram({ number, bmc }: VirtualMachine): string {
  const mac = `52:54:00:78:00:${number.toString(16).padStart(2, "0")}`;
  return `#!/bin/sh
shift
for name in "$@"; do
  case $name in
    ip_addr) echo ip_addr:${bmc.address} ;;
    ip_addr_src) echo ip_addr_src:static ;;
    mac_addr) echo mac_addr:${mac} ;;
    subnet_mask) echo subnet_mask:255.255.255.0 ;;
    default_gw_mac_addr) echo default_gw_mac_addr:00:00:00:00:00:00 ;;
    *) echo "$name:0.0.0.0" ;;
  esac
done
`;
}

/** One management controller with an event log; chassis and sensors are not described further. */
const BMC_COMMANDS = `mc_setbmc 0x20
mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02 persist_sdr
sel_enable 0x20 1000 0x0a
mc_enable 0x20
`;

const ANSWER_TRIES_MAX = 50;

async function untilAnswering(
  plan: NetworkPlan,
  machine: VirtualMachine,
  process: LabProcess,
): Promise<void> {
  for (let tries = 1;; tries++) {
    try {
      await ipmitool(plan, machine, ["power", "status"]);
      return;
    } catch (error) {
      if (!process.isRunning() || tries === ANSWER_TRIES_MAX) throw error;
      await new Promise((wake) => setTimeout(wake, 100));
    }
  }
}

/** Runs ipmitool against the machine's BMC, as a person at the site would. */
export async function ipmitool(
  plan: NetworkPlan,
  { bmc }: VirtualMachine,
  args: readonly string[],
): Promise<string> {
  const tool = ["ipmitool", "-I", "lanplus", "-C", "3", "-N", "1", "-R", "8"];
  const command = [...tool, "-H", bmc.address, "-U", bmc.username, "-E", ...args];
  return (await run(insideSite(plan, command), { env: { IPMI_PASSWORD: bmc.password } })).trim();
}

/** The command with which a person gets the same answer. */
export function ipmitoolCommand(plan: NetworkPlan, { bmc }: VirtualMachine): string {
  return insideSite(plan, ["ipmitool", "-I", "lanplus", "-C", "3"]).join(" ") +
    ` -H ${bmc.address} -U ${bmc.username} -P ${bmc.password} power status`;
}
