import type { Db } from "@/region/db/client.ts";
import {
  countExcluded,
  type FitPosition,
  listFitting,
  type Takeable,
} from "@/region/db/queries/allocation.ts";
import {
  asksForParts,
  matchParts,
  type PartField,
} from "@/region/domain/allocation/part_constraints.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import type { Constraints } from "./constraints.ts";

const PAGE_MACHINES = 500;

/** The refusal of an allocation, with how many ready machines each constraint excludes by itself. */
export async function noneFits(
  db: Db,
  wanted: Constraints,
  of: Takeable,
): Promise<DomainError> {
  const { takeable, excluded } = await countExcluded(db, { ...wanted.columns, of });
  const byParts = asksForParts(wanted.parts) ? await countByParts(db, wanted, of) : [];
  const errors = [...excluded, ...byParts].filter(([, count]) => count > 0).map(
    ([field, count]) => ({
      field,
      detail: `excludes ${count} of ${takeable} ready machines`,
      value: JSON.stringify(wanted.input[field])?.slice(0, 200),
    }),
  );
  const reasons = errors.map(({ field, detail }) => `${field} ${detail}`);
  return new DomainError({
    kind: "conflict",
    code: "machine.none_fits",
    message: takeable === 0
      ? "no machine is ready to be allocated"
      : `none of ${takeable} ready machines fits: ${reasons.join(", ") || "others took them"}`,
    errors,
  });
}

/** How many ready machines, whatever their columns, do not have the parts that are asked for. */
async function countByParts(
  db: Db,
  wanted: Constraints,
  of: Takeable,
): Promise<[PartField, number][]> {
  const counts = new Map<PartField, number>();
  let after: FitPosition | undefined;
  do {
    const page = await listFitting(db, { of, after }, PAGE_MACHINES);
    for (const { inventory } of page) {
      for (const field of matchParts(wanted.parts, inventory).failed) {
        counts.set(field, (counts.get(field) ?? 0) + 1);
      }
    }
    after = page.length === PAGE_MACHINES ? page.at(-1) : undefined;
  } while (after);
  return [...counts];
}
