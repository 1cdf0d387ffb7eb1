import type { Db } from "@/region/db/client.ts";
import { findDomain } from "@/region/db/queries/dns.ts";
import { mustFind } from "@/region/services/not_found.ts";

/**
 * The column of a machine or device that is to be in the domain of this name; null: in the default
 * one, whichever that is. Empty when nobody said anything. Throws `not_found`.
 */
export async function resolveDomain(
  db: Db,
  name: string | null | undefined,
): Promise<{ domainId?: number | null }> {
  if (name === undefined) return {};
  if (name === null) return { domainId: null };
  const spelt = name.toLowerCase().replace(/\.$/, "");
  return { domainId: mustFind(await findDomain(db, { name: spelt }), "domain", name).id };
}
