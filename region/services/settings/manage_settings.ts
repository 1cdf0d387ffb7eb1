import type { RegionContext } from "@/region/context.ts";
import { bumpAllGenerations } from "@/region/db/queries/images.ts";
import {
  findSetting,
  listSettings as listRows,
  type SettingRow,
  writeSetting,
} from "@/region/db/queries/settings.ts";
import type { Setting, SettingValue } from "@/region/domain/settings/setting_kinds.ts";
import {
  isSettingName,
  SETTING_NAMES,
  type SettingName,
  SETTINGS,
} from "@/region/domain/settings/settings_table.ts";
import { recordChange } from "@/region/services/audit/record_change.ts";
import { expectVersion } from "@/region/services/expect_version.ts";
import { mustFind } from "@/region/services/not_found.ts";
import { publishSoon } from "@/region/services/publish_soon.ts";
import { ChangedMeanwhile, retryOnChange } from "@/region/services/retry_on_change.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { type Caller, requireRole } from "../identity/caller.ts";

/** A setting with what is in force and what could be. */
export interface SettingView {
  readonly name: SettingName;
  readonly value: SettingValue;
  readonly isDefault: boolean;
  readonly default: SettingValue;
  readonly description: string;
  readonly kind: Setting["kind"];
  readonly accepted: string;
  readonly minimum: number | null;
  readonly maximum: number | null;
  readonly choices: readonly string[] | null;
  readonly isNullable: boolean;
  readonly changedAt: Date | null;
  /** 0: never changed. */
  readonly version: number;
}

/** All of them, in the order of the table. */
export async function listSettings(ctx: RegionContext, caller: Caller): Promise<SettingView[]> {
  requireRole(caller, "admin");
  const rows = new Map((await listRows(ctx.db)).map((row) => [row.name, row]));
  return SETTING_NAMES.map((name) => viewOf(name, rows.get(name)));
}

/** Throws `not_found`. */
export async function getSetting(
  ctx: RegionContext,
  caller: Caller,
  name: string,
): Promise<SettingView> {
  requireRole(caller, "admin");
  const known = mustKnow(name);
  return viewOf(known, await findSetting(ctx.db, known));
}

/**
 * Sets it; `value` absent: back to its default. In force with the next request.
 *
 * Throws `not_found`, `invalid_input` for a value that it does not take, `precondition_failed`.
 */
export async function changeSetting(
  ctx: RegionContext,
  caller: Caller,
  input: { name: string; value?: unknown; ifVersion?: number },
): Promise<SettingView> {
  requireRole(caller, "admin");
  const name = mustKnow(input.name);
  const value = input.value === undefined ? null : { is: accept(name, input.value) };
  const { view, siteIds } = await retryOnChange(
    `the setting ${name}`,
    () =>
      ctx.db.transaction(async (tx) => {
        const read = await findSetting(tx, name);
        const before = viewOf(name, read);
        expectVersion(before, input.ifVersion);
        const at = ctx.now();
        const row = await writeSetting(tx, { name, version: before.version, value, at });
        if (!row) throw new ChangedMeanwhile();
        const view = viewOf(name, row);
        await recordChange(ctx, tx, caller, {
          action: value === null ? "setting.reset" : "setting.update",
          id: name,
          before: { value: before.value },
          after: { value: view.value },
        });
        return { view, siteIds: SETTINGS[name].changesSites ? await bumpAllGenerations(tx) : [] };
      }),
  );
  for (const siteId of siteIds) await publishSoon(ctx, siteId);
  return view;
}

function viewOf(name: SettingName, row: SettingRow | undefined): SettingView {
  const setting: Setting = SETTINGS[name];
  const stored = row?.value ? setting.parse(row.value.is) : undefined;
  return {
    name,
    value: stored === undefined ? setting.default : stored,
    isDefault: stored === undefined,
    default: setting.default,
    description: setting.description,
    kind: setting.kind,
    accepted: setting.accepted,
    minimum: setting.minimum ?? null,
    maximum: setting.maximum ?? null,
    choices: setting.choices ?? null,
    isNullable: setting.isNullable,
    changedAt: row?.changedAt ?? null,
    version: row?.version ?? 0,
  };
}

function mustKnow(name: string): SettingName {
  return mustFind(isSettingName(name) ? name : undefined, "setting", name);
}

function accept(name: SettingName, value: unknown): SettingValue {
  const setting: Setting = SETTINGS[name];
  const accepted = setting.parse(value);
  if (accepted !== undefined) return accepted;
  throw new DomainError({
    kind: "invalid_input",
    code: "setting.value_refused",
    field: "value",
    value: JSON.stringify(value).slice(0, 80),
    accepted: setting.accepted,
    message: `${name} takes ${setting.accepted}`,
  });
}
