import type { Db } from "@/region/db/client.ts";
import { listSettings, type SettingRow } from "@/region/db/queries/settings.ts";
import { type Settings, settingsFrom } from "@/region/domain/settings/settings_table.ts";

export type { Settings };

/** What is in force now: one small statement. Read it once a request, and keep it no longer. */
export async function readSettings(db: Db): Promise<Settings> {
  return settingsOf(await listSettings(db));
}

/** What rows say that were read along with something else. */
export function settingsOf(rows: readonly SettingRow[]): Settings {
  return settingsFrom(
    new Map(rows.flatMap(({ name, value }) => value === null ? [] : [[name, value.is]])),
  );
}
