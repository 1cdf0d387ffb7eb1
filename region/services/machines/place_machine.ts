import type { Db } from "@/region/db/client.ts";
import type { MachineRow } from "@/region/db/queries/machines.ts";
import { listDomainNames } from "@/region/db/queries/dns.ts";
import { findPlacement, listPlacementNames } from "@/region/db/queries/placements.ts";
import {
  addMachineTags,
  listMachineTagNames,
  listMachineTags,
  listTagsNamed,
  removeMachineTags,
  type TagRow,
} from "@/region/db/queries/tags.ts";
import { mustFind } from "@/region/services/not_found.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import type { Caller } from "../identity/caller.ts";
import { resolveDomain } from "../dns/place_in_domain.ts";
import { viewBmc } from "./bmc_access.ts";
import { isInScope } from "./machine_scope.ts";

/** The tags a machine shall have: all of them, or what is to be added and taken off. */
export type TagsInput =
  | readonly string[]
  | { readonly add?: readonly string[]; readonly remove?: readonly string[] };

/** Where to put a machine, by the names of zone, pool and domain. Throws `not_found`. */
export async function resolvePlacement(
  db: Db,
  caller: Caller,
  input: { readonly zone?: string; readonly pool?: string; readonly domain?: string | null },
): Promise<Partial<Pick<MachineRow, "zoneId" | "poolId" | "domainId">>> {
  const { zone, pool } = input;
  const zoneId = zone === undefined
    ? undefined
    : mustFind(await findPlacement(db, "zone", { name: zone }), "zone", zone).id;
  const found = pool === undefined ? undefined : await findPlacement(db, "pool", { name: pool });
  const isHidden = found && !isInScope(caller, { poolId: found.id });
  const poolId = pool === undefined
    ? undefined
    : mustFind(isHidden ? undefined : found, "pool", pool).id;
  return {
    ...(zoneId === undefined ? {} : { zoneId }),
    ...(poolId === undefined ? {} : { poolId }),
    ...await resolveDomain(db, input.domain),
  };
}

/**
 * Puts tags on a machine and takes others off. Throws `not_found` for a tag that there is not, and
 * `conflict` for one that is put on machines by its definition.
 */
export async function changeMachineTags(tx: Db, machineId: number, input: TagsInput) {
  const present = (await listMachineTags(tx, [machineId])).map(({ tag }) => tag);
  const isWhole = isWholeList(input);
  const { add = [], remove = [] } = isWhole ? { add: input } : input;
  const wanted = await resolveTags(tx, add);
  const dropped = isWhole
    ? present.filter((tag) => tag.definition === null && !add.includes(tag.name))
    : await resolveTags(tx, remove);
  const had = new Set(present.map(({ id }) => id));
  // Naming an automatic tag that the machine has is how a list that was read is sent back.
  const added = wanted.filter(({ id }) => !had.has(id));
  refuseAutomatic([...added, ...dropped]);
  await removeMachineTags(tx, machineId, dropped.map(({ id }) => id));
  await addMachineTags(tx, added.map(({ id }) => ({ machineId, tagId: id })));
}

/** Array.isArray does not narrow readonly arrays. */
function isWholeList(input: TagsInput): input is readonly string[] {
  return Array.isArray(input);
}

/** The tags of these names, each once. Throws `not_found` for one that there is not. */
export async function resolveTags(db: Db, names: readonly string[]): Promise<TagRow[]> {
  if (names.length === 0) return [];
  const distinct = [...new Set(names)];
  const rows = await listTagsNamed(db, distinct);
  return distinct.map((name) => mustFind(rows.find((row) => row.name === name), "tag", name));
}

function refuseAutomatic(tags: readonly TagRow[]): void {
  const automatic = tags.find(({ definition }) => definition !== null);
  if (!automatic) return;
  throw new DomainError({
    kind: "conflict",
    code: "tag.automatic",
    field: "tags",
    value: automatic.name,
    message: `${automatic.name} is put on machines by its definition; change that instead`,
  });
}

/** What a machine is grouped by, by name. */
export interface Grouping {
  readonly zone: string;
  readonly pool: string;
  readonly domain: string;
  readonly tags: string[];
}

/** The grouping of these machines by their row number, with a constant number of queries. */
export async function readGrouping(
  db: Db,
  rows: readonly Pick<MachineRow, "id" | "zoneId" | "poolId" | "domainId">[],
): Promise<Map<number, Grouping>> {
  const zones = await listPlacementNames(db, "zone", distinct(rows.map(({ zoneId }) => zoneId)));
  const pools = await listPlacementNames(db, "pool", distinct(rows.map(({ poolId }) => poolId)));
  const domains = await listDomainNames(db, rows.map(({ domainId }) => domainId));
  const tags = await listMachineTagNames(db, rows.map(({ id }) => id));
  return new Map(rows.map((row) => [row.id, {
    zone: zones.get(row.zoneId) ?? "",
    pool: pools.get(row.poolId) ?? "",
    domain: domains.get(row.domainId) ?? "",
    tags: tags.get(row.id) ?? [],
  }]));
}

function distinct(ids: readonly number[]): number[] {
  return [...new Set(ids)];
}

/** What people say of a machine, for the audit: without its BMC's password. */
export async function auditView(tx: Db, row: MachineRow) {
  const { hostname, description } = row;
  const bmc = row.bmc && viewBmc(row.bmc);
  return { hostname, description, bmc, ...(await readGrouping(tx, [row])).get(row.id) };
}
