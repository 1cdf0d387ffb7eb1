import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sql } from "drizzle-orm";
import { findMachine } from "@/region/db/queries/machines.ts";
import { unsealText } from "@/region/tokens/seal.ts";
import { BMC_PASSWORD, makeSite, sealedPasswordOf } from "./rack_fixture.ts";
import {
  type Answer,
  type RegionUnderTest,
  type RequestOptions,
  startRegionUnderTest,
} from "./region_under_test.ts";

let region: RegionUnderTest;
let siteId: string;
beforeAll(async () => {
  region = await startRegionUnderTest();
  await region.call("POST /api/v1/zones", { body: { name: "row 1" } });
  await region.call("POST /api/v1/tags", { body: { name: "gpu" } });
  await region.call("POST /api/v1/tags", { body: { name: "big", definition: "cpu.cores > 64" } });
});
afterAll(() => region.stop());

const NDJSON = "application/x-ndjson";

async function send(
  body: string | object[],
  { query = `siteId=${siteId}`, headers = {}, ...options }: RequestOptions & { query?: string } =
    {},
): Promise<Answer> {
  const isCsv = typeof body === "string";
  return await region.call(`POST /api/v1/machines/import?${query}`, {
    body: isCsv ? body : body.map((line) => JSON.stringify(line)).join("\n"),
    headers: { "content-type": isCsv ? "text/csv" : NDJSON, ...headers },
    ...options,
  });
}

let made = 0;
const newMac = () => {
  made++;
  return `52:54:00:02:${(made >> 8).toString(16).padStart(2, "0")}:${
    (made & 255).toString(16).padStart(2, "0")
  }`;
};

const countMachines = async () => {
  const { body } = await region.call(`GET /api/v1/machines/counts?siteId=${siteId}`);
  return body.status.reduce((sum: number, each: { machines: number }) => sum + each.machines, 0);
};

describe("an import", () => {
  beforeAll(async () => {
    siteId = await makeSite(region);
  });

  test("of CSV makes machines with all that the columns say", async () => {
    const [a, b] = [newMac(), newMac()];
    const { status, body, text } = await send(
      "\ufeffhostname,macs,architecture,bmcAddress,bmcPort,bmcUsername,bmcPassword,zone,tags,description\r\n" +
        `csv-1,${a} ${newMac()},arm64,10.21.0.11,6230,root,${BMC_PASSWORD},row 1,gpu big,"two\nlines, ""quoted"""\r\n` +
        `,${b.toUpperCase().replaceAll(":", "-")},,,,,,,,\r\n`,
    );
    expect(status, text).toBe(200);
    expect(body).toMatchObject({ mode: "all", created: 2, existing: 0, refused: 0 });
    expect(body.results.map(({ line }: { line: number }) => line)).toEqual([2, 4]);
    expect(text).not.toContain(BMC_PASSWORD);
    const [first, second] = body.results;
    const machine = (await region.call(`GET /api/v1/machines/${first.systemId}`)).body;
    expect(machine).toMatchObject({
      hostname: "csv-1",
      status: "New",
      siteId,
      architecture: "arm64",
      bmc: { kind: "ipmi", address: "10.21.0.11", port: 6230, username: "root" },
      zone: "row 1",
      pool: "default",
      tags: ["gpu"],
      description: 'two\nlines, "quoted"',
    });
    expect(machine.macs[0]).toBe(a);
    const row = await findMachine(region.ctx.db, first.systemId);
    expect(await unsealText(region.ctx.secrets.sealKey, sealedPasswordOf(row)))
      .toBe(BMC_PASSWORD);
    const plain = (await region.call(`GET /api/v1/machines/${second.systemId}`)).body;
    expect(plain).toMatchObject({ macs: [b], hostname: `node-${second.systemId}`, bmc: null });
    const { body: { entries } } = await region.call("GET /api/v1/audit?action=machine.import");
    expect(entries).toHaveLength(2);
    expect(JSON.stringify(entries)).not.toMatch(new RegExp(`${BMC_PASSWORD}|sealed`));
    const events = await region.call(`GET /api/v1/events?machine=${first.systemId}`);
    expect(events.body.events[0]).toMatchObject({ code: "machine.imported" });
  });

  test("of the same file twice does nothing the second time", async () => {
    const lines = Array.from(
      { length: 5 },
      (_, i) => ({ hostname: `twice-${i}`, macs: [newMac()] }),
    );
    expect((await send(lines)).body).toMatchObject({ created: 5 });
    const before = await countMachines();
    const again = await send(lines);
    expect(again.body).toMatchObject({ created: 0, existing: 5, differing: 0, refused: 0 });
    expect(await countMachines()).toBe(before);
  });

  test("tells in what a machine that is there is not as its line says, and leaves it", async () => {
    const mac = newMac();
    const bmc = { kind: "ipmi", address: "10.21.0.20", username: "root", password: BMC_PASSWORD };
    const { body: { results: [first] } } = await send([{ hostname: "stays", macs: [mac], bmc }]);
    const { body, text } = await send([{
      hostname: "goes",
      macs: [mac],
      zone: "row 1",
      bmc: { ...bmc, address: "10.21.0.21" },
    }]);
    expect(body).toMatchObject({ existing: 1, differing: 1 });
    expect(body.results[0]).toMatchObject({
      outcome: "exists",
      systemId: first.systemId,
      differences: [
        { field: "hostname", existing: "stays", given: "goes" },
        { field: "zone", existing: "default", given: "row 1" },
        { field: "bmc", given: "ipmi root@10.21.0.21:623" },
      ],
    });
    expect(text).not.toContain(BMC_PASSWORD);
    const machine = await region.call(`GET /api/v1/machines/${first.systemId}`);
    expect(machine.body).toMatchObject({ hostname: "stays", zone: "default" });
  });

  const faulty = () =>
    [
      `hostname,macs,zone,bmcAddress,bmcUsername,bmcPassword`,
      `good-${made},${newMac()},row 1,,,`,
      `bad_name,${newMac()},row 1,,,`,
      `fine,not-a-mac,row 1,,,`,
      `fine,${newMac()},row 9,10.0.0.1,root,${BMC_PASSWORD}-that-is-much-too-long`,
      `short`,
      `fine,${newMac()},,10.0.0.1,root,`,
    ].join("\n");

  test("with wrong lines writes nothing, and names line, column, value and what is accepted", async () => {
    const before = await countMachines();
    const { status, body, text } = await send(faulty());
    expect([status, body.code], text).toEqual([400, "import.refused"]);
    expect(body.detail).toMatch(/^5 of 6 lines are wrong, so nothing was written/);
    const errors = body.errors.map((
      { line, field, value }: Record<string, unknown>,
    ) => [line, field, value]);
    expect(errors).toEqual([
      [3, "hostname", "bad_name"],
      [4, "macs", "not-a-mac"],
      [5, "bmcPassword", undefined],
      [6, "", undefined],
      [7, "bmcPassword", undefined],
    ]);
    for (const { accepted, detail } of body.errors) expect(accepted ?? detail).toMatch(/./);
    expect(text).not.toContain(BMC_PASSWORD);
    expect(await countMachines()).toBe(before);
  });

  test("of each line by itself writes those that are right", async () => {
    const before = await countMachines();
    const { status, body, text } = await send(faulty(), { query: `siteId=${siteId}&mode=each` });
    expect([status, body.created, body.refused], text).toEqual([200, 1, 5]);
    expect(await countMachines()).toBe(before + 1);
  });

  test("as a dry run says the same, and writes nothing", async () => {
    const before = await countMachines();
    const { status, body } = await send(faulty(), { query: `siteId=${siteId}&dryRun=true` });
    expect([status, body.wouldCreate, body.refused, body.created]).toEqual([200, 1, 5, 0]);
    expect(await countMachines()).toBe(before);
    const { body: events } = await region.call("GET /api/v1/audit?action=machine.import&limit=1");
    const { rows } = await region.ctx.db.execute(
      sql`SELECT count(*)::int AS count FROM audit_entries
      WHERE action = 'machine.import' AND object_name LIKE 'good-%'`,
    ) as unknown as {
      rows: { count: number }[];
    };
    expect([events.entries.length, rows[0]?.count]).toEqual([1, 1]);
  });

  test("refuses names and addresses that an earlier line has, or nobody has made", async () => {
    const mac = newMac();
    const { body } = await send([
      { hostname: "double", macs: [mac] },
      { hostname: "double", macs: [newMac()] },
      { macs: [mac] },
      { macs: [newMac()], tags: ["none"], pool: "none", siteId: "s-none" },
    ]);
    expect(body.errors.map(({ line, code }: Record<string, unknown>) => [line, code])).toEqual([
      [2, "import.repeated"],
      [3, "import.repeated"],
      [4, "site.missing"],
      [4, "pool.missing"],
      [4, "tag.missing"],
    ]);
  });

  test("refuses a file that is none: another type, no UTF-8, no header, no columns, no JSON", async () => {
    const refused = async (body: unknown, type: string) => {
      const headers = { "content-type": type };
      const query = `siteId=${siteId}`;
      const answer = await region.call(`POST /api/v1/machines/import?${query}`, { body, headers });
      return [answer.status, answer.body.code];
    };
    expect(await refused("[]", "application/json")).toEqual([
      415,
      "request.unsupported_media_type",
    ]);
    expect(await refused(Uint8Array.of(0xff, 0xfe), "text/csv")).toEqual([
      400,
      "request.malformed",
    ]);
    expect(await refused("", "text/csv")).toEqual([400, "request.malformed"]);
    expect(await refused("hostname;macs\n", "text/csv")).toEqual([400, "request.malformed"]);
    expect(await refused("{\n[]\n7\n", NDJSON)).toEqual([400, "import.refused"]);
    expect(await refused('{"macs":["a"],"macs":["b"]}', NDJSON)).toEqual([400, "import.refused"]);
    expect(await refused("macs\n" + "x\n".repeat(10_001), "text/csv"))
      .toEqual([400, "import.too_many_lines"]);
    expect(await refused("x".repeat(8 * 1024 ** 2 + 1), NDJSON)).toEqual([
      413,
      "request.too_large",
    ]);
  });

  test("refuses fields that it does not know, and a NUL, by line", async () => {
    const { body } = await send([{ macs: [newMac()], colour: "red" }]);
    expect(body.errors[0]).toMatchObject({ line: 1, field: "colour" });
    const nul = await send(`macs,description\n${newMac()},a\u0000b\n`);
    expect(nul.body.errors[0]).toMatchObject({ line: 2, field: "description" });
  });

  test("is repeated harmlessly with an Idempotency-Key", async () => {
    const headers = { "idempotency-key": crypto.randomUUID() };
    const lines = [{ macs: [newMac()] }];
    const first = await send(lines, { headers });
    const again = await send(lines, { headers });
    expect(first.body.created).toBe(1);
    expect(again.text).toBe(first.text);
  });

  test("at the same time as the same file makes each machine once", async () => {
    const lines = Array.from(
      { length: 20 },
      (_, i) => ({ hostname: `race-${i}`, macs: [newMac()] }),
    );
    const answers = await Promise.all([send(lines), send(lines), send(lines)]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    const created = answers.map(({ body }) => body.created);
    expect(created.reduce((a, b) => a + b)).toBe(20);
  });
});

describe("an export", () => {
  beforeAll(async () => {
    siteId = await makeSite(region);
    await send(
      "hostname,macs,bmcAddress,bmcUsername,bmcPassword,zone,tags,description\n" +
        `out-1,${newMac()},10.0.0.1,root,${BMC_PASSWORD},row 1,gpu,"a, b"\n` +
        `out-2,${newMac()} ${newMac()},,,,,,\n`,
    );
  });

  test.each(["csv", "ndjson"])("as %s is taken back, and nothing differs", async (format) => {
    const out = await region.call(`GET /api/v1/machines/export?siteId=${siteId}&format=${format}`);
    expect(out.status, out.text).toBe(200);
    expect(out.text).not.toContain(BMC_PASSWORD);
    const type = format === "csv" ? "text/csv" : NDJSON;
    expect(out.headers.get("content-type")).toBe(type);
    const headers = { "content-type": type };
    const back = await region.call("POST /api/v1/machines/import", { body: out.text, headers });
    expect(back.body, back.text).toMatchObject({ existing: 2, differing: 0, created: 0 });
  });

  test("without sites and BMCs makes the machines anew elsewhere", async () => {
    const fields = "hostname,macs,architecture,zone,pool,tags,description";
    const out = await region.call(`GET /api/v1/machines/export?siteId=${siteId}&fields=${fields}`);
    const elsewhere = await makeSite(region);
    const back = await region.call(`POST /api/v1/machines/import?siteId=${elsewhere}`, {
      body: out.text,
      headers: { "content-type": NDJSON },
    });
    expect(back.body, back.text).toMatchObject({ created: 2 });
  });

  test("as CSV takes no fields", async () => {
    const { status, body } = await region.call(
      "GET /api/v1/machines/export?format=csv&fields=hostname",
    );
    expect([status, body.code]).toEqual([400, "export.columns_fixed"]);
  });
});
