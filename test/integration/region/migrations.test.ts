import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { getTableConfig, PgTable } from "drizzle-orm/pg-core";
import { sql } from "drizzle-orm";
import { migrate } from "@/region/db/migrate.ts";
import { readMigrations } from "@/region/db/migration_files.ts";
import { createTestDatabase, type TestDatabase } from "@/region/db/test_database.ts";
import { insertIpAddress } from "@/region/db/queries/ip_addresses.ts";
import { readSiteRows } from "@/region/db/queries/site_state.ts";
import { parseIpAddress } from "@/shared/net/ip_address.ts";
import * as agents from "@/region/db/schema/agents.ts";
import * as audit from "@/region/db/schema/audit.ts";
import * as bootSources from "@/region/db/schema/boot_sources.ts";
import * as dhcpOptions from "@/region/db/schema/dhcp_options.ts";
import * as devices from "@/region/db/schema/devices.ts";
import * as dns from "@/region/db/schema/dns.ts";
import * as events from "@/region/db/schema/events.ts";
import * as facts from "@/region/db/schema/facts.ts";
import * as groups from "@/region/db/schema/groups.ts";
import * as identityProviders from "@/region/db/schema/identity_providers.ts";
import * as images from "@/region/db/schema/images.ts";
import * as interfaces from "@/region/db/schema/interfaces.ts";
import * as ipAddresses from "@/region/db/schema/ip_addresses.ts";
import * as machines from "@/region/db/schema/machines.ts";
import * as networks from "@/region/db/schema/networks.ts";
import * as notifications from "@/region/db/schema/notifications.ts";
import * as bmcScans from "@/region/db/schema/bmc_scans.ts";
import * as operations from "@/region/db/schema/operations.ts";
import * as repeatableRequests from "@/region/db/schema/repeatable_requests.ts";
import * as scripts from "@/region/db/schema/scripts.ts";
import * as settings from "@/region/db/schema/settings.ts";
import * as signInAttempts from "@/region/db/schema/sign_in_attempts.ts";
import * as sites from "@/region/db/schema/sites.ts";
import * as subnets from "@/region/db/schema/subnets.ts";
import * as tags from "@/region/db/schema/tags.ts";
import * as users from "@/region/db/schema/users.ts";
import * as webhooks from "@/region/db/schema/webhooks.ts";
import * as zones from "@/region/db/schema/zones.ts";

const modules = [
  agents,
  audit,
  bootSources,
  bmcScans,
  dhcpOptions,
  devices,
  dns,
  events,
  facts,
  groups,
  identityProviders,
  images,
  interfaces,
  ipAddresses,
  machines,
  networks,
  notifications,
  operations,
  repeatableRequests,
  scripts,
  settings,
  signInAttempts,
  sites,
  subnets,
  tags,
  users,
  webhooks,
  zones,
];
const tables = modules.flatMap((module) => Object.values(module)).filter((value) =>
  value instanceof PgTable
);

let test_database: TestDatabase;
beforeAll(async () => {
  test_database = await createTestDatabase();
});
afterAll(() => test_database.drop());

describe("migrations", () => {
  test("make exactly the columns that the schema in code names", async () => {
    const { rows } = await test_database.db.execute(sql`
      SELECT table_name || '.' || column_name || (CASE is_nullable WHEN 'YES' THEN '?' ELSE '' END)
        AS name
      FROM information_schema.columns
      WHERE table_schema = 'public' AND table_name <> 'migrations'`) as unknown as {
      rows: { name: string }[];
    };
    const inCode = tables.flatMap((table) => {
      const { name, columns, primaryKeys } = getTableConfig(table);
      const keyed = new Set(primaryKeys.flatMap((key) => key.columns.map((c) => c.name)));
      return columns.map((column) =>
        `${name}.${column.name}${column.notNull || keyed.has(column.name) ? "" : "?"}`
      );
    });
    expect(rows.map((row) => row.name).sort()).toEqual(inCode.sort());
  });

  test("are applied once, however many regions start at the same time", async () => {
    const { db } = test_database;
    await db.execute(sql`DROP SCHEMA public CASCADE`);
    await db.execute(sql`CREATE SCHEMA public`);
    const files = await readMigrations();
    const runs = await Promise.all([1, 2, 3, 4].map(() => migrate(db, files)));
    expect(runs.filter((names) => names.length > 0)).toEqual([files.map(({ name }) => name)]);
  });

  test("carry the networks of before onto the default fabric", async () => {
    const { db } = test_database;
    await db.execute(sql`DROP SCHEMA public CASCADE`);
    await db.execute(sql`CREATE SCHEMA public`);
    const files = await readMigrations();
    await migrate(db, files.filter(({ name }) => name < "0003"));
    await db.execute(sql`
      INSERT INTO sites (id, name, sealed_site_key, created_at) VALUES ('s-1', 'One', '', now())`);
    await db.execute(sql`
      INSERT INTO subnets (site_id, cidr, dns_servers, dhcp, lease_seconds)
      VALUES ('s-1', '10.0.0.0/24', '{}', true, 60), ('s-1', '10.0.1.0/24', '{}', false, 60)`);
    await db.execute(sql`
      INSERT INTO ip_ranges (subnet_id, kind, first, last)
      VALUES (1, 'dynamic', '10.0.0.9', '10.0.0.20')`);
    await db.execute(sql`
      INSERT INTO reservations (id, subnet_id, mac, ipv4)
      VALUES (7, 1, '52:54:00:00:00:01', '10.0.0.5')`);
    await migrate(db, files);
    const rows = await readSiteRows(db, "s-1");
    expect(rows).toMatchObject({
      subnets: [{ cidr: "10.0.0.0/24", dhcpMode: "serve", vlan: { mtu: 1500 } }, {
        dhcpMode: "off",
      }],
      ranges: [{ first: "10.0.0.9", last: "10.0.0.20" }],
      addresses: [{ id: 7, kind: "reservation", mac: "52:54:00:00:00:01", ip: "10.0.0.5" }],
    });
    const next = await insertIpAddress(db, {
      subnetId: 1,
      kind: "user",
      ip: parseIpAddress("10.0.0.6"),
    });
    expect(next.id).toBe(8);
  });

  test("leave the database as it was when one of them fails", async () => {
    const { db } = test_database;
    const broken = [
      { name: "9001_good", sql: "CREATE TABLE good (id int)" },
      { name: "9002_bad", sql: "CREATE TABLE bad (id nonsense)" },
    ];
    await expect(migrate(db, broken)).rejects.toThrow();
    expect(await migrate(db, broken.slice(0, 1))).toEqual(["9001_good"]);
  });
});
