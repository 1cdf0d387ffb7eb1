/** How far a run takes its machines. */
export const TARGETS = ["enlisted", "ready", "deployed", "released"] as const;
export type Target = typeof TARGETS[number];

/** `uefi` boots by PXE and TFTP, `uefi-http` by HTTP alone. */
export const FIRMWARES = ["bios", "uefi", "uefi-http"] as const;
export type Firmware = typeof FIRMWARES[number];

/** What the region switches the machines by; the BMC has IPMI either way. */
export const BMC_KINDS = ["ipmi", "redfish"] as const;
export type BmcKind = typeof BMC_KINDS[number];

/** How the region is asked to lay out the disks; the numbers are RAID levels, root on them. */
export const STORAGES = ["flat", "lvm", "raid0", "raid1", "raid5", "raid6", "raid10"] as const;
export type Storage = typeof STORAGES[number];

/** Where the region runs: on Deno, or as it is deployed to Workers. */
export const REGION_HOMES = ["deno", "workerd"] as const;
export type RegionHome = typeof REGION_HOMES[number];

/** Each is a sparse file of 8 GiB; QEMU's PCI bus has room for more, a laptop's disk may not. */
export const DISKS_MAX = 8;
/** mdadm's fewest members. */
const DISKS_MIN: Readonly<Record<Storage, number>> = {
  flat: 1,
  lvm: 1,
  raid0: 2,
  raid1: 2,
  raid5: 3,
  raid6: 4,
  raid10: 4,
};

/** Each machine takes 2 GiB of memory and an address of the dynamic range. */
export const MACHINES_MAX = 50;

export interface LabOptions {
  readonly name: string;
  readonly machines: number;
  readonly firmware: Firmware;
  readonly bmc: BmcKind;
  /** Per machine. */
  readonly disks: number;
  readonly storage: Storage;
  readonly region: RegionHome;
  /** Absent: to `deployed`, then stay up. */
  readonly until?: Target;
  readonly keep: boolean;
  readonly json: boolean;
  readonly rebuildImage: boolean;
  readonly help: boolean;
}

/** A flag nobody can act on; the message is one sentence for the person who typed it. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

export const USAGE = `deno task lab [flags]: a virtual rack on this host, from power-on to deployed

  --machines N           how many machines, 1 to ${MACHINES_MAX} (default 1)
  --firmware bios|uefi|uefi-http
                         what the machines boot with (default bios); uefi boots by PXE, uefi-http
                         by UEFI HTTP boot, without PXE and TFTP
  --bmc ipmi|redfish     what the region switches the machines by (default ipmi)
  --storage LAYOUT       ${STORAGES.join(", ")} (default flat)
  --disks N              disks of each machine, 1 to ${DISKS_MAX} (default: as many as the layout needs)
  --region deno|workerd  the region on Deno, or as a Worker in workerd (default deno)
  --until STAGE          enlisted, ready, deployed or released: stop there, clean up and end with 0
                         if every machine got there; without it: deploy, then stay up until Ctrl-C
  --keep                 stay up after --until has been reached
  --json                 one line of JSON on standard output at the end
  --name NAME            a second lab beside the first: up to 8 of a-z and 0-9 (default lab)
  --rebuild-image        build the OS image again, even if a cached one fits
  --help                 this text
`;

/** Reads the command line; throws a UsageError. Both `--flag value` and `--flag=value` are fine. */
export function parseOptions(args: readonly string[]): LabOptions {
  const given = readFlags(args);
  const storage = oneOf("--storage", STORAGES, given.get("--storage") ?? "flat");
  return {
    name: parseName(given.get("--name") ?? "lab"),
    machines: parseCount("--machines", given.get("--machines") ?? "1", 1, MACHINES_MAX),
    firmware: oneOf("--firmware", FIRMWARES, given.get("--firmware") ?? "bios"),
    bmc: oneOf("--bmc", BMC_KINDS, given.get("--bmc") ?? "ipmi"),
    disks: parseDisks(given.get("--disks"), storage),
    storage,
    region: oneOf("--region", REGION_HOMES, given.get("--region") ?? "deno"),
    until: given.has("--until") ? oneOf("--until", TARGETS, given.get("--until") ?? "") : undefined,
    keep: given.has("--keep"),
    json: given.has("--json"),
    rebuildImage: given.has("--rebuild-image"),
    help: given.has("--help"),
  };
}

const VALUE_FLAGS = [
  "--machines",
  "--firmware",
  "--bmc",
  "--disks",
  "--storage",
  "--region",
  "--until",
  "--name",
];
const SWITCHES = ["--keep", "--json", "--rebuild-image", "--help"];

function readFlags(args: readonly string[]): Map<string, string> {
  const given = new Map<string, string>();
  for (let i = 0; i < args.length; i++) {
    const [flag = "", inline] = splitOnce(args[i] ?? "");
    if (given.has(flag)) throw new UsageError(`${flag} is given twice`);
    if (SWITCHES.includes(flag)) {
      if (inline !== undefined) throw new UsageError(`${flag} takes no value, but got "${inline}"`);
      given.set(flag, "");
    } else if (VALUE_FLAGS.includes(flag)) {
      const value = inline ?? args[++i];
      if (value === undefined) throw new UsageError(`${flag} needs a value`);
      given.set(flag, value);
    } else {
      throw new UsageError(
        `"${args[i]}" is not a flag of the lab; it knows ${
          [...VALUE_FLAGS, ...SWITCHES].join(" ")
        }`,
      );
    }
  }
  return given;
}

function splitOnce(arg: string): [string, string | undefined] {
  const at = arg.indexOf("=");
  return at < 0 ? [arg, undefined] : [arg.slice(0, at), arg.slice(at + 1)];
}

function oneOf<T extends string>(flag: string, allowed: readonly T[], value: string): T {
  const found = allowed.find((each) => each === value);
  if (!found) throw new UsageError(`${flag} is one of ${allowed.join(", ")}, not "${value}"`);
  return found;
}

function parseDisks(value: string | undefined, storage: Storage): number {
  const least = DISKS_MIN[storage];
  const count = parseCount("--disks", value ?? String(least), 1, DISKS_MAX);
  if (count >= least) return count;
  throw new UsageError(`--storage ${storage} needs ${least} disks; --disks says ${count}`);
}

function parseCount(flag: string, value: string, least: number, most: number): number {
  const count = /^\d{1,4}$/.test(value) ? Number(value) : NaN;
  if (!(count >= least && count <= most)) {
    throw new UsageError(`${flag} is a number from ${least} to ${most}, not "${value}"`);
  }
  return count;
}

/** Short, because it becomes part of a network interface's name (15 characters at most). */
function parseName(value: string): string {
  if (!/^[a-z0-9]{1,8}$/.test(value)) {
    throw new UsageError(`--name is 1 to 8 lower-case letters or digits, not "${value}"`);
  }
  return value;
}
