import type { RegionContext } from "@/region/context.ts";
import { listMigrationsApplied } from "@/region/db/queries/health.ts";
import { REVOKED_AGENTS_NAME } from "@/region/object_store/object_names.ts";

const TIMEOUT_MS = 3000;

/** What the region cannot work without, each with what is wrong with it; undefined: nothing is. */
export interface Readiness {
  readonly database: string | undefined;
  readonly migrations: string | undefined;
  readonly objectStore: string | undefined;
}

/** Asks everything that the region stands on; never throws, and says no more than which one it is. */
export async function checkReadiness(ctx: RegionContext): Promise<Readiness> {
  const [applied, store] = await Promise.all([
    within(listMigrationsApplied(ctx.db)),
    within(ctx.objectStore.head(REVOKED_AGENTS_NAME)),
  ]);
  if (applied.error) log(ctx, "database", applied.error);
  if (store.error) log(ctx, "object store", store.error);
  const missing = ctx.migrations?.filter((name) => !applied.value?.includes(name)) ?? [];
  return {
    database: applied.error ? "does not answer" : undefined,
    migrations: applied.error
      ? "not known"
      : missing.length > 0
      ? `missing: ${missing.join(", ")}`
      : undefined,
    objectStore: store.error ? "does not answer" : undefined,
  };
}

async function within<T>(work: Promise<T>): Promise<{ value?: T; error?: unknown }> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${TIMEOUT_MS} ms`)), TIMEOUT_MS);
  });
  try {
    return { value: await Promise.race([work, late]) };
  } catch (error) {
    return { error };
  } finally {
    clearTimeout(timer);
  }
}

function log(ctx: RegionContext, what: string, error: unknown): void {
  ctx.log("health.not_ready", { what, error: error instanceof Error ? error.message : `${error}` });
}
