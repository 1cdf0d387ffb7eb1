import { sql } from "drizzle-orm";
import type { Db } from "@/region/db/client.ts";

/** What a fleet's machines are spread over. */
const SITES = 20;
const ZONES = 10;
const POOLS = 10;
const TAGS = 50;

/** Sites, zones, pools and tags; the machines come with `seedMachines`. */
export async function seedGroups(db: Db): Promise<void> {
  await db.execute(
    sql`INSERT INTO sites (id, name, sealed_site_key, published_generation, created_at)
    SELECT 's-bench' || n, 'bench ' || n, 'none', 1, now() FROM generate_series(1, ${SITES}) n`,
  );
  await db.execute(
    sql`INSERT INTO zones (name) SELECT 'zone-' || n FROM generate_series(2, ${ZONES}) n`,
  );
  await db.execute(
    sql`INSERT INTO pools (name) SELECT 'pool-' || n FROM generate_series(2, ${POOLS}) n`,
  );
  await db.execute(
    sql`INSERT INTO tags (name) SELECT 'tag-' || n FROM generate_series(1, ${TAGS}) n`,
  );
}

/**
 * Machines number `from` to `to` with four interfaces, four disks, an inventory of about 4 kB, two or
 * three tags, and an address in use by most: made by the database itself, which is the quickest way in.
 */
export async function seedMachines(db: Db, from: number, to: number): Promise<void> {
  await db.transaction(async (tx) => {
    // Triggers would do one by one what is put in whole below.
    await tx.execute(sql`SET LOCAL session_replication_role = replica`);
    await insertMachines(tx, from, to);
    await tx.execute(sql`INSERT INTO interfaces (machine_id, site_id, name, mac)
      SELECT m.id, m.site_id, 'eth' || k, ${mac(sql`m.id`, sql`k`)}
      FROM machines m, generate_series(0, 3) k WHERE m.id BETWEEN ${from} AND ${to} ORDER BY m.id, k`);
    await tx.execute(sql`INSERT INTO machine_tags (machine_id, tag_id)
      SELECT DISTINCT n, 1 + (n::bigint * k * 7919) % ${TAGS}
      FROM generate_series(${from}::int, ${to}::int) n, generate_series(1, 3) k`);
    await tx.execute(sql`INSERT INTO leases (site_id, ipv4, mac, subnet_id, given_at)
      SELECT site_id, ${ipv4(sql`id`)}, ${mac(sql`id`, sql`0`)}, 1, now()
      FROM machines WHERE id BETWEEN ${from} AND ${to} AND id % 4 <> 0`);
  });
  await db.execute(sql`VACUUM ANALYZE`);
}

async function insertMachines(tx: Db, from: number, to: number): Promise<void> {
  await tx.execute(sql`INSERT INTO machines (id, system_id, site_id, hostname, architecture, status,
      status_changed_at, owner_user_id, power_state, power_state_at, bmc, inventory, zone_id, pool_id,
      description, search, created_at)
    SELECT n, system_id, 's-bench' || 1 + n % ${SITES}, hostname,
      CASE WHEN n % 8 = 0 THEN 'arm64' ELSE 'amd64' END,
      (ARRAY['Deployed','Deployed','Deployed','Deployed','Deployed','Ready','Ready','Allocated',
        'New','Failed deployment'])[1 + n % 10],
      now() - n * interval '1 minute', CASE WHEN n % 10 < 5 THEN 1 END,
      CASE WHEN n % 3 = 0 THEN 'off' ELSE 'on' END, now(),
      jsonb_build_object('kind', 'ipmi', 'address', 'bmc-' || n || '.example.com', 'port', 623,
        'username', 'admin', 'sealedPassword', repeat('x', 300)),
      ${inventory()}, 1 + (n / 10) % ${ZONES}, 1 + (n / 7) % ${POOLS}, description,
      lower(concat_ws(E'\n', hostname, system_id, description, ${mac(sql`n`, sql`0`)},
        ${mac(sql`n`, sql`1`)}, ${mac(sql`n`, sql`2`)}, ${mac(sql`n`, sql`3`)})),
      now() - n * interval '1 minute'
    FROM (SELECT n, lpad(n::text, 6, 'b') AS system_id, 'node-' || lpad(n::text, 6, '0') AS hostname,
      CASE WHEN n % 5 = 0 THEN 'rack ' || n / 40 || ', bought with order ' || n / 1000 ELSE '' END
        AS description
      FROM generate_series(${from}::int, ${to}::int) n) of`);
  await tx.execute(sql`SELECT setval('machines_id_seq', ${to}::int)`);
}

/** Of the size that a collector of a two-socket server sends: about 4 kB of JSON. */
function inventory() {
  return sql`jsonb_build_object('architecture', 'x86_64', 'firmware', 'uefi', 'hostname', hostname,
    'system', jsonb_build_object('manufacturer', 'Example Systems', 'product', 'R' || n % 7 || '50',
      'serial', md5(n::text), 'uuid', gen_random_uuid()),
    'cpu', jsonb_build_object('model', 'Example CPU ' || n % 5, 'cores', 8 * (1 + n % 8),
      'threads', 16 * (1 + n % 8)),
    'memoryMib', 65536 * (1 + n % 8),
    'interfaces', (SELECT jsonb_agg(jsonb_build_object('name', 'eth' || k,
      'mac', ${mac(sql`n`, sql`k`)}, 'linkUp', k < 2, 'speedMbps', 25000, 'driver', 'mlx5_core'))
      FROM generate_series(0, 3) k),
    'disks', (SELECT jsonb_agg(jsonb_build_object('name', 'nvme' || k || 'n1',
      'path', '/dev/nvme' || k || 'n1', 'bytes', 3840755982336, 'model', 'Example NVMe 3.84TB',
      'serial', md5(n || '/' || k), 'isRotational', false)) FROM generate_series(0, 3) k),
    'pciDevices', (SELECT jsonb_agg(jsonb_build_object('address', '0000:' || lpad(to_hex(k), 2, '0')
      || ':00.0', 'vendor', '8086', 'product', lpad(to_hex(k * 77), 4, '0'), 'class', '020000',
      'driver', 'pcieport')) FROM generate_series(0, 23) k))`;
}

type Sql = ReturnType<typeof sql>;

/** `52:54:` and four bytes that no other machine and interface has. */
function mac(machine: Sql, port: Sql): Sql {
  return sql`regexp_replace('5254' || lpad(to_hex(${machine} * 16 + ${port}), 8, '0'),
    '(..)(?!$)', '\\1:', 'g')`;
}

function ipv4(machine: Sql): Sql {
  return sql`'10.' || ${machine} / 65536 || '.' || ${machine} / 256 % 256 || '.' || ${machine} % 256`;
}
