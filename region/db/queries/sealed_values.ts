import { sql } from "drizzle-orm";
import type { Db } from "../client.ts";

/** Where a sealed value stands; a test misses whoever adds one and does not name it here. */
export interface SealedPlace {
  readonly table: string;
  /** The column that names the row. */
  readonly key: string;
  readonly column: string;
  /** The field of a jsonb column; absent: the column is the sealed text. */
  readonly field?: string;
}

export const SEALED_PLACES: readonly SealedPlace[] = [
  { table: "sites", key: "id", column: "sealed_site_key" },
  { table: "machines", key: "id", column: "bmc", field: "sealedPassword" },
  { table: "machines", key: "id", column: "bmc", field: "sealedKg" },
  { table: "operations", key: "id", column: "sealed_user_data" },
  { table: "webhooks", key: "id", column: "sealed_secret" },
  { table: "image_signing_keys", key: "id", column: "sealed_private_key" },
  { table: "identity_providers", key: "id", column: "sealed_client_secret" },
  { table: "repeatable_requests", key: "id", column: "sealed_answer" },
];

export interface SealedValue {
  readonly key: string;
  readonly sealed: string;
}

/** Values that do not begin like this, in the order of their rows' keys. */
export async function listSealedOtherwise(
  db: Db,
  place: SealedPlace,
  options: { prefix: string; limit: number },
): Promise<SealedValue[]> {
  const value = valueOf(place);
  const key = sql.identifier(place.key);
  const found = await db.execute(sql`SELECT ${key}::text AS key, ${value} AS sealed
    FROM ${sql.identifier(place.table)}
    WHERE ${value} IS NOT NULL AND NOT starts_with(${value}, ${options.prefix})
    ORDER BY ${key} LIMIT ${options.limit}`) as unknown as { rows: SealedValue[] };
  return found.rows;
}

/** Replaces a value if it is still the one that was read. */
export async function replaceSealed(
  db: Db,
  place: SealedPlace,
  change: SealedValue & { to: string },
): Promise<void> {
  const column = sql.identifier(place.column);
  const to = place.field === undefined
    ? sql`${change.to}`
    : sql`jsonb_set(${column}, ARRAY[${place.field}], to_jsonb(${change.to}::text))`;
  await db.execute(sql`UPDATE ${sql.identifier(place.table)} SET ${column} = ${to}
    WHERE ${sql.identifier(place.key)}::text = ${change.key}
      AND ${valueOf(place)} = ${change.sealed}`);
}

/** How many values begin with each header, RFC 7516 §7.1: the text up to the first dot. */
export async function countByHeader(db: Db, place: SealedPlace): Promise<Map<string, number>> {
  const value = valueOf(place);
  const found = await db.execute(sql`SELECT split_part(${value}, '.', 1) AS header,
      count(*)::int AS count
    FROM ${sql.identifier(place.table)} WHERE ${value} IS NOT NULL GROUP BY 1`) as unknown as {
    rows: { header: string; count: number }[];
  };
  return new Map(found.rows.map(({ header, count }) => [header, count]));
}

function valueOf({ column, field }: SealedPlace) {
  const name = sql.identifier(column);
  return field === undefined ? sql`${name}` : sql`${name} ->> ${field}`;
}
