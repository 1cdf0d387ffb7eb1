import type { Db } from "@/region/db/client.ts";
import { migrate } from "@/region/db/migrate.ts";
import { readMigrations } from "@/region/db/migration_files.ts";
import { type FirstAdmin, makeFirstAdmin } from "@/region/services/identity/make_first_admin.ts";

/**
 * Brings a database to where this version wants it, under an advisory lock, and makes the first admin
 * where there are no users. A Worker has no files to do that with.
 */
export async function prepareDatabase(
  db: Db,
): Promise<{ readonly migrated: string[]; readonly admin: FirstAdmin | undefined }> {
  const migrated = await migrate(db, await readMigrations());
  const randomBytes = (length: number) => crypto.getRandomValues(new Uint8Array(length));
  return { migrated, admin: await makeFirstAdmin({ db, now: () => new Date(), randomBytes }) };
}
