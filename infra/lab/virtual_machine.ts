import { bmcAddress, tapName } from "./network.ts";
import type { BmcKind, Firmware } from "./options.ts";

/** One machine of the rack, as its builder knows it; the region has to find out. */
export interface VirtualMachine {
  /** Counted from 1. */
  readonly number: number;
  readonly name: string;
  readonly mac: string;
  readonly uuid: string;
  readonly firmware: Firmware;
  readonly cores: number;
  readonly disks: number;
  readonly bmc: {
    /** What the region switches it by. */
    readonly kind: BmcKind;
    readonly address: string;
    readonly username: string;
    readonly password: string;
    /** Where QEMU finds the BMC inside the site, so that the guest has it at /dev/ipmi0. */
    readonly inbandPort: number;
  };
}

export const MEMORY_MIB = 2048;
export const DISK_BYTES = 8 * 2 ** 30;

/** Machine `number` of the lab `name`. The same number has the same addresses in every run. */
export function planMachine(
  of: {
    name: string;
    number: number;
    machines: number;
    firmware: Firmware;
    disks: number;
    bmc: BmcKind;
    password: string;
  },
): VirtualMachine {
  const digits = of.number.toString(16).padStart(2, "0");
  return {
    number: of.number,
    name: `rw-${of.name}-${of.number}`,
    mac: `52:54:00:77:00:${digits}`, // 52:54:00 is QEMU's own prefix
    uuid: `52570000-0000-4000-8000-0000000000${digits}`,
    firmware: of.firmware,
    // Emulated cores are threads of the host: several machines get along better with one each.
    cores: of.machines === 1 ? 2 : 1,
    disks: of.disks,
    bmc: {
      kind: of.bmc,
      address: bmcAddress(of.number),
      username: "admin",
      password: of.password,
      inbandPort: 9100 + of.number,
    },
  };
}

/** QEMU opens its files by name, relative to the machine's folder; logs are beside that. */
export const FILES = {
  disk: (number: number) => `disk${number}.raw`,
  uefiVariables: "uefi-variables.fd",
  pid: "qemu.pid",
  monitor: "monitor",
  serialLog: (machine: VirtualMachine) => `../../logs/serial-${machine.number}.log`,
} as const;

/** QEMU's arguments, one a line. `first` is what the firmware tries first; then the other. */
export function qemuArguments(machine: VirtualMachine, first: "network" | "disk"): string[] {
  const [networkIndex, diskIndex] = first === "network" ? [1, 2] as const : [2, 1] as const;
  return [
    ...["-name", machine.name, "-uuid", machine.uuid],
    // hpet=off: the kernel trusts a slower, steadier clock, which costs less to emulate.
    ...["-machine", "pc,graphics=off,hpet=off", "-accel", "tcg,thread=multi", "-cpu", "Nehalem"],
    ...["-smp", String(machine.cores), "-m", String(MEMORY_MIB), "-rtc", "base=utc"],
    ...["-nodefaults", "-no-user-config", "-display", "none", "-vga", "none"],
    // A machine that finds nothing to boot asks again, as servers do.
    ...["-boot", "reboot-timeout=10000"],
    ...firmwareArguments(machine),
    ...["-netdev", `tap,id=net0,ifname=${tapName(machine.number)},script=no,downscript=no`],
    ...["-device", networkCard(machine, networkIndex)],
    ...diskArguments(machine, diskIndex),
    // Without entropy from outside, making SSH keys stalls the boot.
    ...["-device", "virtio-rng-pci"],
    ...identityArguments(machine),
    ...bmcArguments(machine),
    ...["-chardev", `file,id=serial0,path=${FILES.serialLog(machine)},append=on`],
    ...["-serial", "chardev:serial0"],
    ...["-chardev", `pipe,id=monitor0,path=${FILES.monitor}`, "-mon", "chardev=monitor0"],
    ...["-daemonize", "-pidfile", FILES.pid],
  ];
}

/** The firmware boots from the first; the kernel names them in this order, vda first. */
function diskArguments({ name, disks }: VirtualMachine, bootIndex: number): string[] {
  return Array.from({ length: disks }, (_, i) => i + 1).flatMap((number) => {
    const id = `disk${number}`;
    // cache=unsafe: losing power of the host loses the lab anyway.
    const drive = `if=none,id=${id},file=${
      FILES.disk(number)
    },format=raw,cache=unsafe,discard=unmap`;
    const boot = number === 1 ? `,bootindex=${bootIndex}` : "";
    return [
      ...["-drive", drive],
      ...["-device", `virtio-blk-pci,drive=${id},serial=${name}-${number}${boot}`],
    ];
  });
}

/**
 * A BIOS machine boots by the iPXE in its card's ROM. A UEFI machine gets a card without one, so that
 * the firmware itself has to load a boot program, as on most servers.
 */
function networkCard({ mac, firmware }: VirtualMachine, bootIndex: number): string {
  const rom = firmware === "bios" ? "" : ",romfile=";
  return `virtio-net-pci,netdev=net0,mac=${mac},bootindex=${bootIndex}${rom}`;
}

function firmwareArguments(machine: VirtualMachine): string[] {
  if (machine.firmware === "bios") return []; // SeaBIOS, QEMU's own
  const code = "if=pflash,unit=0,format=raw,readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M.fd";
  return [
    ...["-drive", code],
    ...["-drive", `if=pflash,unit=1,format=raw,file=${FILES.uefiVariables}`],
    ...(machine.firmware === "uefi-http" ? WITHOUT_PXE : []),
  ];
}

/** OVMF takes PXE before HTTP for a card that `bootindex` names, unless it is to have no PXE. */
const WITHOUT_PXE = ["IPv4PXESupport", "IPv6PXESupport"]
  .flatMap((name) => ["-fw_cfg", `name=opt/org.tianocore/${name},string=no`]);

function identityArguments(machine: VirtualMachine): string[] {
  const serial = `serial=RW${machine.number.toString().padStart(4, "0")}`;
  return [
    ...["-smbios", `type=1,manufacturer=Rackwright,product=Lab Machine,${serial}`],
    ...["-smbios", `type=2,manufacturer=Rackwright,product=Lab Board,${serial}`],
    ...["-smbios", `type=3,manufacturer=Rackwright,${serial}`],
  ];
}

function bmcArguments({ bmc }: VirtualMachine): string[] {
  const socket = `socket,id=ipmi0,host=127.0.0.1,port=${bmc.inbandPort},reconnect=2`;
  return [
    ...["-chardev", socket, "-device", "ipmi-bmc-extern,id=bmc0,chardev=ipmi0"],
    ...["-device", "isa-ipmi-kcs,bmc=bmc0"],
  ];
}
