import type { MacAddress } from "@/shared/net/mac_address.ts";

/** A machine as a line of a file has it; what is absent the line says nothing of. */
export interface ImportedMachine {
  readonly siteId: string;
  readonly hostname?: string;
  /** The one it boots from first. */
  readonly macs: readonly MacAddress[];
  readonly architecture?: string;
  readonly bmc?: ImportedBmc;
  readonly zone?: string;
  readonly pool?: string;
  readonly tags?: readonly string[];
  readonly description?: string;
}

/** As an export has it, without the password where one belongs; then it can only be compared. */
export type ImportedBmc =
  & { readonly port?: number; readonly certificateSha256?: string | null }
  & (
    | {
      readonly kind: "ipmi";
      readonly address: string;
      readonly username: string;
      readonly password?: string;
      readonly cipherSuite?: number;
      readonly kg?: string;
      readonly privilege?: "operator" | "administrator";
    }
    | {
      readonly kind: "redfish";
      readonly address: string;
      readonly username: string;
      readonly password?: string;
      readonly system?: string;
    }
    | {
      readonly kind: "webhook";
      readonly onUrl: string;
      readonly offUrl: string;
      readonly queryUrl?: string;
      readonly username?: string;
      readonly password?: string;
    }
    | { readonly kind: "wake_on_lan"; readonly mac: string; readonly broadcast?: string }
    | { readonly kind: "manual" }
  );

type WithPassword<B> = B extends { kind: "ipmi" | "redfish" } ? B & { readonly password: string }
  : B;

/** Whether nothing is missing of it. A webhook may do without, and some have no password at all. */
export function hasItsPassword(bmc: ImportedBmc): bmc is WithPassword<ImportedBmc> {
  return (bmc.kind !== "ipmi" && bmc.kind !== "redfish") || bmc.password !== undefined;
}

export interface ImportLine {
  /** Its number in the file, from 1. */
  readonly line: number;
  readonly machine: ImportedMachine;
}

/** What is wrong with a line. */
export interface ImportFault {
  readonly line: number;
  /** Stable, such as `import.repeated`. */
  readonly code: string;
  /** The field or, in CSV, the column; empty: the line as a whole. */
  readonly field: string;
  readonly detail: string;
  /** Never a password. */
  readonly value?: string;
  readonly accepted?: string;
}

/** A BMC that is there already; fields that its kind does not have are absent. */
export interface KnownBmc {
  readonly kind: string;
  readonly address?: string;
  readonly port?: number;
  readonly username?: string;
  readonly onUrl?: string;
  readonly mac?: string;
}

/** A machine that is there already. */
export interface KnownMachine {
  readonly systemId: string;
  readonly siteId: string;
  readonly hostname: string;
  readonly macs: readonly string[];
  readonly architecture: string;
  readonly bmc: KnownBmc | null;
  readonly zone: string;
  readonly pool: string;
  /** Those that people put on it. */
  readonly tags: readonly string[];
  readonly description: string;
}

/** What the lines are held against. */
export interface KnownThings {
  readonly siteIds: ReadonlySet<string>;
  /** Names to row numbers. */
  readonly zones: ReadonlyMap<string, number>;
  readonly pools: ReadonlyMap<string, number>;
  readonly tags: ReadonlyMap<string, { readonly id: number; readonly isAutomatic: boolean }>;
  /** All that have a MAC address or a name of one of the lines. */
  readonly machines: readonly KnownMachine[];
}

/** A field in which a line and the machine that is there are not the same. */
export interface Difference {
  readonly field: string;
  readonly existing: string;
  readonly given: string;
}

/** What is to be done about a line. */
export type LinePlan =
  | { readonly kind: "new"; readonly line: number; readonly machine: ImportedMachine }
  | {
    readonly kind: "exists";
    readonly line: number;
    readonly existing: KnownMachine;
    readonly differences: readonly Difference[];
  }
  | { readonly kind: "refused"; readonly line: number; readonly faults: readonly ImportFault[] };

/**
 * What each line leads to. A machine is known by its MAC addresses: one that is there with any of
 * them stays as it is, and what the line says otherwise is told.
 */
export function planImport(lines: readonly ImportLine[], known: KnownThings): LinePlan[] {
  const byMac = new Map(
    known.machines.flatMap((each) => each.macs.map((mac) => [at(each.siteId, mac), each])),
  );
  const byName = new Map(known.machines.map((each) => [at(each.siteId, each.hostname), each]));
  const seen = new Map<string, number>();
  return lines.map(({ line, machine }): LinePlan => {
    const there = new Set(machine.macs.flatMap((mac) => byMac.get(at(machine.siteId, mac)) ?? []));
    const [existing] = there;
    const holder = machine.hostname === undefined
      ? undefined
      : byName.get(at(machine.siteId, machine.hostname));
    const faults = [
      ...unknownNames(machine, known),
      ...repeated(machine, seen, line),
      ...(there.size > 1 ? [twoMachines([...there])] : []),
      ...(holder && !existing ? [nameTaken(holder)] : []),
      ...(machine.bmc && !hasItsPassword(machine.bmc) && !existing ? [noPassword()] : []),
    ].map((fault) => ({ line, ...fault }));
    if (faults.length > 0) return { kind: "refused", line, faults };
    if (!existing) return { kind: "new", line, machine };
    return { kind: "exists", line, existing, differences: differencesOf(machine, existing, known) };
  });
}

type Fault = Omit<ImportFault, "line">;

function unknownNames(machine: ImportedMachine, known: KnownThings): Fault[] {
  const { siteId, zone, pool, tags = [] } = machine;
  const missing = (noun: string, field: string, value: string): Fault => ({
    code: `${noun}.missing`,
    field,
    detail: `there is no ${noun} ${value}`,
    value,
    accepted: `one that is in GET /api/v1/${noun}s; make it first`,
  });
  return [
    ...(known.siteIds.has(siteId) ? [] : [missing("site", "siteId", siteId)]),
    ...(zone === undefined || known.zones.has(zone) ? [] : [missing("zone", "zone", zone)]),
    ...(pool === undefined || known.pools.has(pool) ? [] : [missing("pool", "pool", pool)]),
    ...tags.filter((tag) => !known.tags.has(tag)).map((tag) => missing("tag", "tags", tag)),
  ];
}

/** Notes what a line takes; a later line cannot have it too. */
function repeated(machine: ImportedMachine, seen: Map<string, number>, line: number): Fault[] {
  const { siteId, hostname, macs } = machine;
  const taken: { field: string; value: string }[] = [
    ...macs.map((value) => ({ field: "macs", value })),
    ...(hostname === undefined ? [] : [{ field: "hostname", value: hostname }]),
  ];
  return taken.flatMap(({ field, value }): Fault[] => {
    const first = seen.get(at(siteId, value)) ?? line;
    seen.set(at(siteId, value), first);
    if (first === line) return [];
    const detail = `line ${first} has ${value} too; give each machine once`;
    return [{ code: "import.repeated", field, detail, value }];
  });
}

function differencesOf(
  machine: ImportedMachine,
  existing: KnownMachine,
  { tags: known }: KnownThings,
): Difference[] {
  const { macs, tags, bmc, siteId: _, ...plain } = machine;
  const manual = tags?.filter((tag) => known.get(tag)?.isAutomatic === false);
  const pairs: [field: string, there: string, given: string | undefined][] = [
    ...(["hostname", "architecture", "zone", "pool", "description"] as const)
      .map((field): [string, string, string | undefined] => [field, existing[field], plain[field]]),
    ["macs", listed(existing.macs), listed([...existing.macs, ...macs])],
    ["tags", listed(existing.tags), manual && listed(manual)],
    ["bmc", spokenBmc(existing.bmc), bmc && spokenBmc(withPortOf(existing.bmc, bmc))],
  ];
  return pairs.flatMap(([field, there, given]) =>
    given === undefined || given === there ? [] : [{ field, existing: there, given }]
  );
}

function listed(names: readonly string[]): string {
  return [...new Set(names)].sort().join(" ");
}

/** A line that names no port says nothing of it. */
function withPortOf(existing: KnownBmc | null, bmc: ImportedBmc): KnownBmc {
  const usual = bmc.kind === "redfish" ? 443 : 623;
  return { ...bmc, port: bmc.port ?? (existing?.kind === bmc.kind ? existing.port : usual) };
}

/** Without the password: that is not compared. */
function spokenBmc(bmc: KnownBmc | null): string {
  switch (bmc?.kind) {
    case undefined:
      return "none";
    case "webhook":
      return `webhook ${bmc?.onUrl}`;
    case "wake_on_lan":
      return `wake_on_lan ${bmc?.mac}`;
    case "manual":
      return "manual";
    default:
      return `${bmc?.kind} ${bmc?.username}@${bmc?.address}:${bmc?.port}`;
  }
}

function twoMachines(there: readonly KnownMachine[]): Fault {
  const names = there.map(({ hostname, systemId }) => `${hostname} (${systemId})`).join(" and ");
  return {
    code: "import.macs_of_several",
    field: "macs",
    detail: `these addresses belong to several machines: ${names}`,
    accepted: "addresses of one machine",
  };
}

function nameTaken({ hostname, systemId, macs }: KnownMachine): Fault {
  return {
    code: "import.hostname_taken",
    field: "hostname",
    detail: `another machine of the site has this name: ${systemId}, with ${macs.join(" ")}`,
    value: hostname,
    accepted: "a name that nobody at the site has",
  };
}

function noPassword(): Fault {
  return {
    code: "import.bmc_password_missing",
    field: "bmc.password",
    detail: "the machine is new, and its BMC's password is not given; no export has it",
    accepted: "the password, or nothing about the BMC",
  };
}

/** Addresses and names are those of a site; neither can look like the other. */
function at(siteId: string, name: string): string {
  return `${siteId} ${name}`;
}
