import type { RegionContext } from "@/region/context.ts";
import type { Db } from "@/region/db/client.ts";
import {
  bumpAllGenerations,
  deleteDhcpOption,
  type DhcpOptionRow,
  findDhcpOption,
  insertDhcpOption,
  listDhcpOptions as listRows,
  siteOfOption,
  updateDhcpOption as updateRow,
} from "@/region/db/queries/dhcp_options.ts";
import { bumpGeneration, findSite } from "@/region/db/queries/sites.ts";
import { findSubnet } from "@/region/db/queries/subnets.ts";
import type { DhcpOptionType } from "@/region/domain/networks/dhcp_option_table.ts";
import { compileOption } from "@/region/domain/networks/dhcp_options.ts";
import { recordChange } from "@/region/services/audit/record_change.ts";
import { expectVersion } from "@/region/services/expect_version.ts";
import { type PageQuery, readIdPage } from "@/region/services/id_page.ts";
import { findMachineInScope } from "@/region/services/machines/machine_scope.ts";
import { mustFind } from "@/region/services/not_found.ts";
import { publishSoon } from "@/region/services/publish_soon.ts";
import { refuseViolations } from "@/region/services/refuse_violations.ts";
import { ChangedMeanwhile, retryOnChange } from "@/region/services/retry_on_change.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { type Caller, requireRole } from "../identity/caller.ts";

export { nameOfOption } from "@/region/domain/networks/dhcp_options.ts";
export { DHCP_OPTION_TYPES } from "@/region/domain/networks/dhcp_option_table.ts";

/** For whom an option is; at most one. */
export interface OptionScope {
  readonly siteId?: string;
  readonly subnetId?: number;
  readonly systemId?: string;
}

export async function listDhcpOptions(
  ctx: RegionContext,
  caller: Caller,
  query: PageQuery & OptionScope,
): Promise<{ dhcpOptions: DhcpOptionRow[]; nextCursor: string | null }> {
  requireRole(caller, "viewer");
  const { siteId, subnetId, systemId } = query;
  const machineId = systemId === undefined
    ? undefined
    : (await findMachineInScope(ctx.db, caller, systemId)).id;
  const filter = { siteId, subnetId, machineId };
  const { rows, nextCursor } = await readIdPage(query, (page) => listRows(ctx.db, filter, page));
  return { dhcpOptions: rows, nextCursor };
}

/** Throws `not_found`. */
export async function getDhcpOption(
  ctx: RegionContext,
  caller: Caller,
  dhcpOptionId: number,
): Promise<DhcpOptionRow> {
  requireRole(caller, "viewer");
  return mustFind(await findDhcpOption(ctx.db, dhcpOptionId), "dhcp_option", dhcpOptionId);
}

/** Adds an option. Throws `invalid_input` naming a bad value, `conflict` when the place has it. */
export async function createDhcpOption(
  ctx: RegionContext,
  caller: Caller,
  input: OptionScope & {
    option: string | number;
    type?: DhcpOptionType;
    value: string;
    description?: string;
    isEnabled?: boolean;
  },
): Promise<DhcpOptionRow> {
  requireRole(caller, "admin");
  const { value, description, isEnabled } = input;
  const compiled = compileOption(input);
  const { row, siteId } = await refuseViolations(
    isTaken(compiled.code),
    () =>
      ctx.db.transaction(async (tx) => {
        const scope = await resolveScope(tx, caller, input);
        const createdAt = ctx.now();
        const entry = { ...scope, ...compiled, value, description, isEnabled, createdAt };
        const row = await insertDhcpOption(tx, entry);
        const { id, code } = row;
        const change = {
          action: "dhcp_option.create",
          id,
          name: `option ${code}`,
          after: row,
        } as const;
        await recordChange(ctx, tx, caller, change);
        return { row, siteId: await outdate(tx, row) };
      }),
  );
  if (siteId) await publishSoon(ctx, siteId);
  return row;
}

/** Changes an option's value or switches it; its code, type and place stay. */
export async function updateDhcpOption(
  ctx: RegionContext,
  caller: Caller,
  input: {
    dhcpOptionId: number;
    ifVersion?: number;
    value?: string;
    description?: string;
    isEnabled?: boolean;
  },
): Promise<DhcpOptionRow> {
  requireRole(caller, "admin");
  const { dhcpOptionId: id, ifVersion, value, ...rest } = input;
  const { row, siteId } = await retryOnChange(
    `DHCP option ${id}`,
    () =>
      ctx.db.transaction(async (tx) => {
        const before = mustFind(await findDhcpOption(tx, id), "dhcp_option", id);
        expectVersion(before, ifVersion);
        // The column holds what compileOption made of it when it was saved.
        const type = before.type as DhcpOptionType;
        const made = value === undefined
          ? {}
          : { value, hex: compileOption({ option: before.code, type, value }).hex };
        const after = await updateRow(tx, before, { ...rest, ...made });
        if (!after) throw new ChangedMeanwhile();
        const name = `option ${after.code}`;
        const change = { action: "dhcp_option.update", id, name, before, after } as const;
        await recordChange(ctx, tx, caller, change);
        return { row: after, siteId: await outdate(tx, after) };
      }),
  );
  if (siteId) await publishSoon(ctx, siteId);
  return row;
}

/** Throws `not_found`. */
export async function removeDhcpOption(
  ctx: RegionContext,
  caller: Caller,
  input: { dhcpOptionId: number; ifVersion?: number },
): Promise<void> {
  requireRole(caller, "admin");
  const { dhcpOptionId: id, ifVersion } = input;
  const siteId = await ctx.db.transaction(async (tx) => {
    const before = mustFind(await findDhcpOption(tx, id), "dhcp_option", id);
    expectVersion(before, ifVersion);
    const siteId = await outdate(tx, before);
    await deleteDhcpOption(tx, id);
    const change = {
      action: "dhcp_option.delete",
      id,
      name: `option ${before.code}`,
      before,
    } as const;
    await recordChange(ctx, tx, caller, change);
    return siteId;
  });
  if (siteId) await publishSoon(ctx, siteId);
}

/** Bumps the site that the option is for, or all; undefined: all, and the next tick publishes. */
async function outdate(tx: Db, row: DhcpOptionRow): Promise<string | undefined> {
  const siteId = await siteOfOption(tx, row);
  if (siteId === undefined) await bumpAllGenerations(tx);
  else await bumpGeneration(tx, siteId);
  return siteId;
}

async function resolveScope(tx: Db, caller: Caller, { siteId, subnetId, systemId }: OptionScope) {
  const named = [siteId, subnetId, systemId].filter((each) => each !== undefined);
  if (named.length > 1) {
    throw new DomainError({
      kind: "invalid_input",
      code: "dhcp_option.many_scopes",
      field: "siteId",
      accepted: "one of siteId, subnetId and systemId, or none of them",
      message: "an option is for one site, one subnet, one machine, or for everybody",
    });
  }
  if (siteId !== undefined) mustFind(await findSite(tx, siteId), "site", siteId);
  if (subnetId !== undefined) mustFind(await findSubnet(tx, subnetId), "subnet", subnetId);
  const machineId = systemId && (await findMachineInScope(tx, caller, systemId)).id;
  return { siteId, subnetId, ...(machineId ? { machineId } : {}) };
}

function isTaken(code: number) {
  const message = `option ${code} is set there already; change that one`;
  return { dhcp_options_scope_code: { code: "dhcp_option.taken", message, field: "option" } };
}
