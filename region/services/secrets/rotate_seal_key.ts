import type { RegionContext, RegionSecrets } from "@/region/context.ts";
import {
  countByHeader,
  listSealedOtherwise,
  replaceSealed,
  SEALED_PLACES,
} from "@/region/db/queries/sealed_values.ts";
import { keyIdOf, sealPrefix, sealUnder, unseal } from "@/region/tokens/seal.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { makeSealKey } from "./region_secrets.ts";

const VALUES_PER_SLICE = 100;

/**
 * The secrets to continue with: a new seal key in front, the ones before behind it. With a rotation
 * that was interrupted, as they are: first that one is finished.
 */
export function beginRotation(
  secrets: RegionSecrets,
  randomBytes: RegionContext["randomBytes"],
): RegionSecrets {
  const { retired = [], ...current } = secrets.sealKey;
  if (retired.length > 0) return secrets;
  return { ...secrets, sealKey: { ...makeSealKey(randomBytes), retired: [current] } };
}

/** The secrets once nothing is sealed by the keys before. */
export function endRotation(secrets: RegionSecrets): RegionSecrets {
  const { retired: _, ...sealKey } = secrets.sealKey;
  return { ...secrets, sealKey };
}

/**
 * Seals everything that an earlier key sealed under the present one; how many values that were.
 *
 * In slices, each value by itself: interrupted, it goes on where it was. Nothing else changes; agents
 * have their secrets sealed by their site's key and notice nothing.
 */
export async function resealSecrets(
  ctx: Pick<RegionContext, "db" | "secrets">,
): Promise<number> {
  const { sealKey } = ctx.secrets;
  const prefix = sealPrefix(sealKey);
  let done = 0;
  for (const place of SEALED_PLACES) {
    for (;;) {
      const values = await listSealedOtherwise(ctx.db, place, { prefix, limit: VALUES_PER_SLICE });
      for (const { key, sealed } of values) {
        const to = await sealUnder(sealKey, await unseal(sealKey, sealed));
        await replaceSealed(ctx.db, place, { key, sealed, to });
      }
      done += values.length;
      if (values.length < VALUES_PER_SLICE) break;
    }
  }
  return done;
}

/**
 * Throws `unavailable` when the database has secrets that none of our keys opens: it and the
 * secrets file belong to different regions, or to different times.
 */
export async function refuseForeignSecrets(
  ctx: Pick<RegionContext, "db" | "secrets">,
): Promise<void> {
  const { retired = [], ...current } = ctx.secrets.sealKey;
  const known = new Set([current, ...retired].map(({ id }) => id));
  const lost = new Map<string, number>();
  for (const place of SEALED_PLACES) {
    for (const [header, count] of await countByHeader(ctx.db, place)) {
      const id = keyIdOf(header) ?? "(unreadable)";
      if (!known.has(id)) lost.set(id, (lost.get(id) ?? 0) + count);
    }
  }
  if (lost.size === 0) return;
  const list = [...lost].map(([id, count]) => `${count} by the key ${id}`).join(", ");
  throw new DomainError({
    kind: "unavailable",
    code: "secrets.key_missing",
    value: [...lost.keys()].join(", "),
    accepted: [...known].join(", "),
    message: `the database has secrets that secrets.json cannot open (${list}); ` +
      "restore the secrets.json that belongs to this database, or the database that belongs to it",
  });
}
