import type { RegionContext } from "@/region/context.ts";
import { violatedConstraint } from "@/region/db/constraint.ts";
import {
  findIds,
  findMachines,
  findSiteIds,
  insertEvents,
  insertWholeMachines,
  type WholeMachine,
} from "@/region/db/queries/machine_import.ts";
import { DEFAULT_PLACEMENT_ID } from "@/region/db/queries/placements.ts";
import { bumpGeneration } from "@/region/db/queries/sites.ts";
import { listTagsNamed } from "@/region/db/queries/tags.ts";
import {
  type Difference,
  hasItsPassword,
  type ImportedMachine,
  type ImportFault,
  type ImportLine,
  type KnownThings,
  type LinePlan,
  planImport,
} from "@/region/domain/import/plan_import.ts";
import { recordChanges } from "@/region/services/audit/record_change.ts";
import { publishSoon } from "@/region/services/publish_soon.ts";
import { ChangedMeanwhile, retryOnChange } from "@/region/services/retry_on_change.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { type Caller, requireRole } from "../identity/caller.ts";
import { sealBmc, viewBmc } from "./bmc_access.ts";
import { makeSystemId } from "./make_system_id.ts";

/** What to do when a line is wrong: write nothing at all, or write the others. */
export const IMPORT_MODES = ["all", "each"] as const;
export type ImportMode = (typeof IMPORT_MODES)[number];

/** What a file says. */
export interface MachineFile {
  readonly lines: readonly ImportLine[];
  /** What could not be read of other lines. */
  readonly faults: readonly ImportFault[];
  /** How a field is called in this kind of file. */
  readonly nameOf: (field: string) => string;
}

export type { ImportFault, ImportLine };

export interface ImportInput {
  /** Reads it, for whoever may import. */
  readonly readFile: () => MachineFile;
  readonly mode: ImportMode;
  /** Say what would be done, and do nothing. */
  readonly isDryRun: boolean;
}

/** What came of a line. */
export interface ImportResult {
  readonly line: number;
  readonly outcome: "created" | "would_create" | "exists" | "refused";
  readonly systemId?: string;
  readonly hostname?: string;
  /** In what the line and the machine that is there differ; nothing of it is changed. */
  readonly differences?: Difference[];
  readonly errors?: Omit<ImportFault, "line">[];
}

/** What is told of a refused file; a dry run tells all. */
const ERRORS_SHOWN_MAX = 100;

/**
 * Makes machines of the lines of a file, in one transaction: a crash leaves all of them or none.
 *
 * What is there already stays as it is, so the same file twice does nothing the second time. Throws
 * `invalid_input` with the wrong lines when there are any and the mode is `all`.
 */
export async function importMachines(
  ctx: RegionContext,
  caller: Caller,
  input: ImportInput,
): Promise<ImportResult[]> {
  requireRole(caller, "admin");
  const file = input.readFile();
  const made = await retryOnChange(
    "what the file names",
    () => attempt(ctx, caller, { ...input, ...file }),
  );
  const siteIds = new Set(made.created.map(({ machine }) => machine.siteId));
  for (const siteId of siteIds) await publishSoon(ctx, siteId);
  return made.results;
}

interface Outcome {
  readonly results: ImportResult[];
  readonly created: readonly WholeMachine[];
}

async function attempt(
  ctx: RegionContext,
  caller: Caller,
  input: MachineFile & Pick<ImportInput, "mode" | "isDryRun">,
): Promise<Outcome> {
  const known = await readKnown(ctx, input.lines);
  const planned = planImport(input.lines, known).map((plan) => inWordsOf(input, plan));
  const plans = [...planned, ...unreadable(input.faults)].sort((a, b) => a.line - b.line);
  if (input.isDryRun) return { results: plans.map((plan) => viewOf(plan)), created: [] };
  if (input.mode === "all") refuseFaults(plans);
  const fresh = plans.flatMap((plan) => plan.kind === "new" ? [plan] : []);
  const byLine = new Map<number, WholeMachine>();
  for (const { line, machine } of fresh) byLine.set(line, await prepare(ctx, machine, known));
  const created = [...byLine.values()];
  if (created.length > 0) await write(ctx, caller, created, fresh.map(({ machine }) => machine));
  return { results: plans.map((plan) => viewOf(plan, byLine.get(plan.line))), created };
}

/** With a number of queries that does not depend on the number of lines, but for their slices. */
async function readKnown(
  { db }: RegionContext,
  lines: readonly ImportLine[],
): Promise<KnownThings> {
  const all = lines.map(({ machine }) => machine);
  const named = (names: readonly (string | undefined)[]) => [
    ...new Set(names.filter((name) => name !== undefined)),
  ];
  const siteIds = await findSiteIds(db, named(all.map(({ siteId }) => siteId)));
  const zones = await findIds(db, "zone", named(all.map(({ zone }) => zone)));
  const pools = await findIds(db, "pool", named(all.map(({ pool }) => pool)));
  const tags = await listTagsNamed(db, named(all.flatMap(({ tags = [] }) => tags)));
  const machines = [];
  for (const siteId of siteIds) {
    const here = all.filter((each) => each.siteId === siteId);
    machines.push(
      ...await findMachines(db, siteId, {
        macs: named(here.flatMap(({ macs }) => macs)),
        hostnames: named(here.map(({ hostname }) => hostname)),
      }),
    );
  }
  const tagEntries = tags.map(({ name, id, definition }) =>
    [name, { id, isAutomatic: definition !== null }] as const
  );
  return { siteIds, zones, pools, tags: new Map(tagEntries), machines };
}

function inWordsOf({ nameOf }: MachineFile, plan: LinePlan): LinePlan {
  if (plan.kind !== "refused") return plan;
  return { ...plan, faults: plan.faults.map((each) => ({ ...each, field: nameOf(each.field) })) };
}

function unreadable(faults: readonly ImportFault[]): LinePlan[] {
  return [...Map.groupBy(faults, ({ line }) => line)]
    .map(([line, faults]) => ({ kind: "refused", line, faults }));
}

async function prepare(
  ctx: RegionContext,
  machine: ImportedMachine,
  known: KnownThings,
): Promise<WholeMachine> {
  const systemId = makeSystemId(ctx);
  const { bmc, zone, pool, tags = [], siteId, description, architecture = "amd64" } = machine;
  const at = ctx.now();
  return {
    machine: {
      systemId,
      siteId,
      hostname: machine.hostname ?? `node-${systemId}`,
      architecture,
      status: "New",
      statusChangedAt: at,
      // A new machine without its password is refused by the plan.
      bmc: bmc && hasItsPassword(bmc) ? await sealBmc(ctx, bmc) : null,
      zoneId: known.zones.get(zone ?? "") ?? DEFAULT_PLACEMENT_ID,
      poolId: known.pools.get(pool ?? "") ?? DEFAULT_PLACEMENT_ID,
      description,
      createdAt: at,
    },
    macs: [...new Set(machine.macs)],
    // Automatic tags are left to their definitions.
    tagIds: [...new Set(tags)].map((tag) => known.tags.get(tag))
      .flatMap((tag) => tag && !tag.isAutomatic ? [tag.id] : []),
  };
}

async function write(
  ctx: RegionContext,
  caller: Caller,
  created: readonly WholeMachine[],
  lines: readonly ImportedMachine[],
): Promise<void> {
  try {
    await ctx.db.transaction(async (tx) => {
      const ids = await insertWholeMachines(tx, created);
      await insertEvents(
        tx,
        created.map(({ machine: { systemId, siteId, hostname } }) => ({
          at: ctx.now(),
          siteId,
          machineId: ids.get(systemId),
          level: "info",
          code: "machine.imported",
          message: `${hostname} was imported by ${caller.username}`,
        })),
      );
      const changes = created.map(({ machine: { systemId: id, hostname: name, bmc } }, i) => ({
        action: "machine.import" as const,
        id,
        name,
        after: { ...lines[i], hostname: name, bmc: bmc && viewBmc(bmc) },
      }));
      await recordChanges(ctx, tx, caller, changes);
      const siteIds = new Set(created.map(({ machine }) => machine.siteId));
      // In one order, so that two imports do not wait for each other.
      for (const siteId of [...siteIds].sort()) await bumpGeneration(tx, siteId);
    });
  } catch (error) {
    // Somebody took a name or an address just now: planned again, it is that line's fault.
    if (TAKEN.includes(violatedConstraint(error) ?? "")) throw new ChangedMeanwhile();
    throw error;
  }
}

const TAKEN = ["machines_site_hostname", "interfaces_site_mac", "machines_system_id"];

function viewOf(plan: LinePlan, made?: WholeMachine): ImportResult {
  const { line } = plan;
  switch (plan.kind) {
    case "new":
      if (!made) return { line, outcome: "would_create", hostname: plan.machine.hostname };
      return {
        line,
        outcome: "created",
        systemId: made.machine.systemId,
        hostname: made.machine.hostname,
      };
    case "exists": {
      const { systemId, hostname } = plan.existing;
      const differences = [...plan.differences];
      return { line, outcome: "exists", systemId, hostname, differences };
    }
    case "refused":
      return {
        line,
        outcome: "refused",
        errors: plan.faults.map(({ line: _, ...fault }) => fault),
      };
  }
}

function refuseFaults(plans: readonly LinePlan[]): void {
  const faults = plans.flatMap((plan) => plan.kind === "refused" ? plan.faults : []);
  const [first] = faults;
  if (!first) return;
  const wrong = plans.filter(({ kind }) => kind === "refused").length;
  const where = first.field === "" ? "" : `${first.field}: `;
  throw new DomainError({
    kind: "invalid_input",
    code: "import.refused",
    message: `${wrong} of ${plans.length} lines are wrong, so nothing was written; the first is ` +
      `line ${first.line}: ${where}${first.detail}. Mend them, or send ?mode=each to write the rest`,
    errors: faults.slice(0, ERRORS_SHOWN_MAX),
  });
}
