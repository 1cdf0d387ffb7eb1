import type {
  ContentFile,
  KnownPower,
  RestingBoot,
  SiteState,
  StateBmc,
  StateImage,
  StateMachine,
  StateOperation,
  StateScript,
} from "@/shared/contract/site_state.ts";
import type { KnownFact } from "@/shared/contract/facts.ts";
import { type BootProfile, type ImageFileRole, rootFileOf } from "@/shared/machine/image_file.ts";
import type { BootPlan } from "@/shared/machine/boot_plan.ts";
import type { EraseWay, MachineStatus, OperationKind } from "@/shared/machine/lifecycle.ts";
import { resolveInside } from "./stream_path.ts";
import type { Settings } from "./settings/settings_table.ts";
import {
  compileOption,
  type OptionRecord,
  OPTIONS_MAX,
  optionsOfMachine,
} from "./networks/dhcp_options.ts";
import {
  type AddressRecord,
  dhcpPromises,
  type RangeRecord,
  stateSubnets,
  type SubnetRecord,
} from "./networks/state_subnet.ts";

/** All that a site's state document is made of, as it is stored; secrets sealed under the site key. */
export interface SiteRecords {
  readonly site: {
    id: string;
    name: string;
    enlist: boolean;
    /** `os/release` of what is fetched ahead; null or absent: everything. */
    prefetch?: readonly string[] | null;
  };
  readonly subnets: readonly SubnetRecord[];
  readonly ranges: readonly RangeRecord[];
  /** Those under way. */
  readonly bmcScans?: readonly { id: string; cidr: string }[];
  /** Everything that is promised to somebody. */
  readonly addresses: readonly AddressRecord[];
  /** What people add to what DHCP sends. */
  readonly dhcpOptions: readonly OptionRecord[];
  readonly machines: readonly MachineRecord[];
  readonly interfaces: readonly { machineId: number; mac: string }[];
  /** Those under way. */
  readonly operations: readonly OperationRecord[];
  /** The newest version of each product, and whatever an operation needs. */
  readonly images: readonly ImageRecord[];
  readonly settings: StateSettings;
}

/** What the region's settings say of all sites. */
export type StateSettings = Pick<
  Settings,
  "kernelOptions" | "dnsServers" | "ntpServers" | "commissioningRelease"
>;

export interface MachineRecord {
  readonly id: number;
  readonly systemId: string;
  readonly hostname: string;
  readonly architecture: string;
  readonly status: MachineStatus;
  readonly rescue: { readonly imageId: string; readonly sshKeys: readonly string[] } | null;
  /** That it was put into; null or absent: nobody said so, and its subnets' word holds. */
  readonly domain?: string | null;
  /** From its inventory: `bios`, `uefi`, or null before the first. */
  readonly firmware: string | null;
  /** Absent: not switched by IPMI. */
  readonly bmc?: StateBmc;
  /** Absent, like `bmc`: switched by hand. */
  readonly power?: KnownPower;
  /** Of its tags; absent: none. */
  readonly kernelOptions?: string;
}

export interface OperationRecord {
  readonly id: string;
  readonly kind: OperationKind;
  readonly machineId: number;
  readonly askedAt: Date;
  /** Null: nothing has to happen at the site. */
  readonly plan: BootPlan | null;
  readonly imageId: string | null;
  /** What it is installed with; null: the image itself. */
  readonly bootImageId: string | null;
  readonly installScript: string | null;
  readonly sshKeys: readonly string[] | null;
  readonly sealedUserData?: string;
  readonly scripts: readonly StateScript[] | null;
  readonly erase: EraseWay | null;
  /** The agent that it is leased to; null or absent: the site has but one. */
  readonly holderAgentId?: string | null;
  /** What another agent told of it that had it before. */
  readonly earlierFacts?: readonly KnownFact[];
}

export interface ImageRecord {
  readonly id: string;
  readonly product: string;
  readonly version: string;
  readonly title: string;
  readonly os: string;
  readonly release: string;
  readonly architecture: string;
  readonly kind: "os" | "bootloader";
  readonly files: readonly {
    name: string;
    role: ImageFileRole;
    sha256: string;
    bytes: number;
    path?: string;
    chunks?: { readonly bytes: number; readonly sha256: string };
  }[];
  /** Absent: `maas`. */
  readonly bootProfile?: BootProfile;
  readonly sourceUrl: string;
  /** Agents may take its files from its source. Absent: they may not. */
  readonly agentsFetchDirectly?: boolean;
  readonly kernelOptions: string;
  readonly createdAt: Date;
}

/** The whole desired state of a site. The same records give the same document, byte for byte. */
export function buildSiteState(
  records: SiteRecords,
  version: { generation: number; issuedAt: Date },
): SiteState {
  const { site } = records;
  const images = records.images.flatMap((image) => stateImage(image, records));
  return {
    site: { id: site.id, name: site.name },
    generation: version.generation,
    issuedAt: version.issuedAt.toISOString(),
    subnets: stateSubnets(records),
    machines: stateMachines(records),
    operations: stateOperations(records),
    images,
    bootFiles: bootFiles(records.images),
    otherReservations: otherReservations(records),
    ...optional("bmcScans", records.bmcScans?.length ? [...records.bmcScans] : undefined),
    ...optional("enlistImageId", site.enlist ? enlistImage(records, images) : undefined),
  };
}

/** Addresses promised to what is not a machine here: switches, appliances, people's own servers. */
function otherReservations(records: SiteRecords): SiteState["otherReservations"] {
  const machineMacs = new Set(records.interfaces.map(({ mac }) => mac));
  return dhcpPromises(records.addresses).filter(({ mac }) => !machineMacs.has(mac));
}

/** What a machine is told when it boots while nothing is being done to it. */
export function restingBootOf(status: MachineStatus): RestingBoot {
  switch (status) {
    case "Deployed":
      return "local_disk";
    case "New":
      return "enlist";
    default:
      // Its disk may hold half an installation or an earlier owner's system.
      return "power_off";
  }
}

function stateMachines(records: SiteRecords): StateMachine[] {
  const interfaces = Map.groupBy(records.interfaces, ({ machineId }) => machineId);
  const promises = Map.groupBy(dhcpPromises(records.addresses), ({ mac }) => mac);
  return records.machines.map((machine) => {
    const macs = (interfaces.get(machine.id) ?? []).map(({ mac }) => mac);
    return {
      systemId: machine.systemId,
      hostname: machine.hostname,
      architecture: machine.architecture,
      macs,
      reservations: macs.flatMap((mac) => promises.get(mac) ?? []),
      ...someOptions(optionsOf(machine, records)),
      ...optional("firmware", firmwareOf(machine)),
      ...optional("bmc", machine.bmc),
      ...optional("power", machine.power),
      boot: restingBootOf(machine.status),
      ...optional("kernelOptions", machine.kernelOptions),
      ...optional("rescue", machine.status === "Rescue mode" ? rescueOf(machine, records) : null),
    };
  });
}

/** What it was rescued with, or the newest system for it when that image is gone. */
function rescueOf(machine: MachineRecord, records: SiteRecords): StateMachine["rescue"] {
  if (!machine.rescue) return undefined;
  const { imageId, sshKeys } = machine.rescue;
  const image = records.images.find(({ id }) => id === imageId) ??
    records.images.filter(({ kind, architecture }) =>
      kind === "os" && architecture === machine.architecture
    ).toSorted(byAge)[0];
  return image && { imageId: image.id, sshKeys: [...sshKeys] };
}

/** DHCP option 15, RFC 2132 §3.17. */
const DOMAIN_NAME = 15;

/** What people added for it, and the domain it is in unless they wrote another. */
function optionsOf({ id, domain }: MachineRecord, { dhcpOptions }: SiteRecords) {
  const own = optionsOfMachine(dhcpOptions, id);
  if (!domain || own.some(({ code }) => code === DOMAIN_NAME)) return own;
  return [
    { code: DOMAIN_NAME, hex: compileOption({ option: DOMAIN_NAME, value: domain }).hex },
    ...own,
  ];
}

function someOptions(options: { code: number; hex: string }[]): Pick<StateMachine, "options"> {
  return options.length === 0 ? {} : { options: options.slice(0, OPTIONS_MAX) };
}

function firmwareOf({ firmware }: MachineRecord): StateMachine["firmware"] {
  return firmware === "bios" || firmware === "uefi" ? firmware : undefined;
}

function stateOperations(records: SiteRecords): StateOperation[] {
  const systemIds = new Map(records.machines.map(({ id, systemId }) => [id, systemId]));
  return records.operations.flatMap((operation) => {
    const systemId = systemIds.get(operation.machineId);
    if (systemId === undefined || operation.plan === null) return [];
    return [{
      id: operation.id,
      kind: operation.kind,
      systemId,
      askedAt: operation.askedAt.toISOString(),
      plan: operation.plan,
      ...optional("imageId", operation.bootImageId ?? operation.imageId),
      ...optional("installScript", operation.installScript),
      ...optional("installFile", installFile(records, operation)),
      ...optional("sshKeys", operation.sshKeys && [...operation.sshKeys]),
      ...optional("sealedUserData", operation.sealedUserData),
      ...optional("scripts", operation.scripts && [...operation.scripts]),
      ...optional("erase", operation.erase),
      ...optional("holder", operation.holderAgentId),
      ...optional("earlierFacts", operation.earlierFacts && [...operation.earlierFacts]),
    }];
  });
}

/** Where the system that installs is not the one that gets installed. */
function installFile(
  { images }: SiteRecords,
  { bootImageId, imageId, kind }: OperationRecord,
): ContentFile | undefined {
  if (kind !== "deploy" || bootImageId === null) return undefined;
  const image = images.find(({ id }) => id === imageId);
  const file = rootFileOf(image?.files ?? []);
  return image && file && contentOf(image, file);
}

/** One that can be booted: kernel, initrd and root file system are all there. */
function stateImage(
  image: ImageRecord,
  { settings, site }: Pick<SiteRecords, "settings" | "site">,
): StateImage[] {
  const file = (role: string): ContentFile | undefined => {
    const found = image.files.find((each) => each.role === role);
    return found && contentOf(image, found);
  };
  const [kernel, initrd, squashfs] = [file("kernel"), file("initrd"), file("squashfs")];
  if (image.kind !== "os" || !kernel || !initrd || !squashfs) return [];
  const { id, title, architecture } = image;
  const kernelOptions = [image.kernelOptions, settings.kernelOptions].join(" ").trim();
  const isWanted = site.prefetch?.includes(`${image.os}/${image.release}`) ?? true;
  const prefetch = isWanted ? {} : { prefetch: false };
  const files = { kernel, initrd, squashfs };
  const profile = optional("bootProfile", image.bootProfile === "maas" ? null : image.bootProfile);
  return [{ id, title, architecture, ...files, kernelOptions, ...profile, ...prefetch }];
}

function contentOf(
  { sourceUrl, agentsFetchDirectly }: ImageRecord,
  { sha256, bytes, chunks, path }: ImageRecord["files"][number],
): ContentFile {
  // Only where each chunk can be believed by itself may the origin change in the middle of a file.
  const isDirect = agentsFetchDirectly && chunks && path !== undefined;
  return {
    sha256,
    bytes,
    ...optional("chunks", chunks && { ...chunks }),
    ...optional("upstreamUrl", isDirect ? resolveInside(sourceUrl, path) : undefined),
  };
}

/** By name; where two products bring the same name, the one imported last wins. */
function bootFiles(images: readonly ImageRecord[]): SiteState["bootFiles"] {
  const byName = new Map<string, ContentFile>();
  const loaders = images.filter(({ kind }) => kind === "bootloader");
  for (const image of loaders.toSorted(byAge).reverse()) {
    for (const file of image.files) {
      if (file.role === "bootfile") byName.set(file.name, contentOf(image, file));
    }
  }
  return [...byName].map(([name, file]) => ({ name, file }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * The system that takes in unknown machines: of the release that the settings name, else the newest.
 *
 * There is one for all of them, so where images of several architectures are there, amd64.
 */
function enlistImage(records: SiteRecords, images: readonly StateImage[]): string | undefined {
  const bootable = new Set(images.map(({ id }) => id));
  const all = records.images.filter(({ id }) => bootable.has(id)).toSorted(byAge);
  const { commissioningRelease: wanted } = records.settings;
  const chosen = all.filter(({ os, release }) => `${os}/${release}` === wanted);
  const newest = chosen.length > 0 ? chosen : all;
  return (newest.find(({ architecture }) => architecture === "amd64") ?? newest[0])?.id;
}

/** Newest first: by import, then by version where two came in one import. */
function byAge(a: ImageRecord, b: ImageRecord): number {
  return b.createdAt.getTime() - a.createdAt.getTime() ||
    (a.version === b.version ? 0 : a.version > b.version ? -1 : 1) ||
    (a.id < b.id ? -1 : 1);
}

/** Absent, rather than null or undefined: that is how the document says "none". */
function optional<K extends string, V>(key: K, value: V | null | undefined): { [P in K]?: V } {
  // A computed key widens to string; it is exactly K.
  return value === null || value === undefined ? {} : { [key]: value } as { [P in K]?: V };
}
