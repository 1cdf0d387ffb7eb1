import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sql } from "drizzle-orm";
import { tick } from "@/region/reconcilers/tick.ts";
import { PASSWORD, type RegionUnderTest, startRegionUnderTest } from "./region_under_test.ts";

let region: RegionUnderTest;
beforeAll(async () => {
  region = await startRegionUnderTest();
});
afterAll(() => region.stop());

const newKey = () => ({ "idempotency-key": crypto.randomUUID() });

let made = 0;
const newZone = () => ({ name: `zone-${++made}` });

async function count(table: "zones" | "api_keys", name: string): Promise<number> {
  const column = table === "zones" ? "name" : "description";
  const { rows } = await region.ctx.db.execute(sql`SELECT count(*)::int AS count
    FROM ${sql.identifier(table)} WHERE ${sql.identifier(column)} = ${name}`) as unknown as {
    rows: { count: number }[];
  };
  return rows[0]?.count ?? 0;
}

const remembered = async () => {
  const { rows } = await region.ctx.db.execute(
    sql`SELECT row_to_json(r)::text AS text FROM repeatable_requests r`,
  ) as unknown as { rows: { text: string }[] };
  return rows.map(({ text }) => text).join("\n");
};

describe("a creation with an Idempotency-Key", () => {
  test("is answered again as it was the first time, and done once", async () => {
    const request = { headers: newKey(), body: newZone() };
    const first = await region.call("POST /api/v1/zones", request);
    const again = await region.call("POST /api/v1/zones", request);
    expect(first.status, first.text).toBe(201);
    expect(first.headers.get("idempotency-replayed")).toBeNull();
    expect([again.status, again.text]).toEqual([201, first.text]);
    expect(again.headers.get("etag")).toBe(first.headers.get("etag"));
    expect(again.headers.get("content-type")).toBe(first.headers.get("content-type"));
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect(await count("zones", request.body.name)).toBe(1);
  });

  test("is refused when the key comes with another body or path, and says so", async () => {
    const headers = newKey();
    const body = newZone();
    expect((await region.call("POST /api/v1/zones", { headers, body })).status).toBe(201);
    for (const [path, other] of [["zones", newZone()], ["pools", body]] as const) {
      const answer = await region.call(`POST /api/v1/${path}`, { headers, body: other });
      expect([answer.status, answer.body.code]).toEqual([409, "idempotency.key_reused"]);
    }
  });

  test("is one user's own, and no narrower key of the same user is told what a wider one was", async () => {
    const token = await region.addUser("admin");
    const request = { headers: newKey(), body: { description: "mine", scope: "operate" } };
    const first = await region.call("POST /api/v1/api-keys", { ...request, as: { token } });
    expect(first.status, first.text).toBe(201);
    const narrow = { ...request, as: { token: String(first.body.key) } };
    const refused = await region.call("POST /api/v1/api-keys", narrow);
    expect([refused.status, refused.body.code]).toEqual([409, "idempotency.key_reused"]);
    const other = await region.call("POST /api/v1/api-keys", request);
    expect(other.status).toBe(201);
    expect(other.body.key).not.toBe(first.body.key);
  });

  test("that was refused is tried again", async () => {
    const headers = newKey();
    const body = newZone();
    const taken = await region.call("POST /api/v1/zones", { body });
    expect((await region.call("POST /api/v1/zones", { headers, body })).body.code)
      .toBe("zone.name_taken");
    await region.call(`DELETE /api/v1/zones/${taken.body.id}`);
    expect((await region.call("POST /api/v1/zones", { headers, body })).status).toBe(201);
  });

  test("is done once when it comes many times at once; the others ask again", async () => {
    const request = { headers: newKey(), body: newZone() };
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => region.call("POST /api/v1/zones", request)),
    );
    const served = answers.filter(({ status }) => status === 201);
    expect(served.length).toBeGreaterThan(0);
    expect(new Set(served.map(({ body }) => body.id)).size).toBe(1);
    for (const answer of answers.filter(({ status }) => status !== 201)) {
      expect([answer.status, answer.body.code]).toEqual([409, "idempotency.in_progress"]);
      expect(answer.headers.get("retry-after")).toBe("1");
    }
    expect(await count("zones", request.body.name)).toBe(1);
    expect((await region.call("POST /api/v1/zones", request)).text).toBe(served[0]?.text);
  });

  test("is done once at once, too, where nothing else would keep it from being done twice", async () => {
    const request = { headers: newKey(), body: { description: "alone", scope: "read" } };
    await Promise.all(
      Array.from({ length: 8 }, () => region.call("POST /api/v1/api-keys", request)),
    );
    expect(await count("api_keys", "alone")).toBe(1);
  });

  test("shows a new key again, which is not in the database in clear", async () => {
    const request = { headers: newKey(), body: { description: "once", scope: "read" } };
    const first = await region.call("POST /api/v1/api-keys", request);
    const again = await region.call("POST /api/v1/api-keys", request);
    expect(first.body.key).toMatch(/^rwk_/);
    expect(again.body.key).toBe(first.body.key);
    expect(await count("api_keys", "once")).toBe(1);
    expect(await remembered()).not.toContain(first.body.key);
    expect(JSON.stringify(region.logged)).not.toContain(first.body.key);
  });

  test("keeps no hash of a body by which a password could be found by trying", async () => {
    const body = { username: `u${++made}`, role: "viewer", password: PASSWORD };
    const request = { headers: newKey(), body };
    expect((await region.call("POST /api/v1/users", request)).status).toBe(201);
    const bytes = new TextEncoder().encode(JSON.stringify(body));
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    const hex = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    expect(await remembered()).not.toContain(hex);
  });

  test("whose answer is lost is not done again: first it is awaited, then it is told", async () => {
    const request = { headers: newKey(), body: newZone() };
    await region.call("POST /api/v1/zones", request);
    await region.ctx.db.execute(
      sql`UPDATE repeatable_requests SET answer_status = NULL, sealed_answer = NULL`,
    );
    const soon = await region.call("POST /api/v1/zones", request);
    expect([soon.status, soon.body.code]).toEqual([409, "idempotency.in_progress"]);
    region.advance(61_000);
    const late = await region.call("POST /api/v1/zones", request);
    expect([late.status, late.body.code]).toEqual([409, "idempotency.answer_lost"]);
    expect(await count("zones", request.body.name)).toBe(1);
  });

  test("is forgotten a day later", async () => {
    const request = { headers: newKey(), body: newZone() };
    await region.call("POST /api/v1/zones", request);
    region.advance(23 * 3_600_000);
    await tick(region.ctx);
    expect((await region.call("POST /api/v1/zones", request)).status).toBe(201);
    region.advance(2 * 3_600_000);
    await tick(region.ctx);
    expect((await region.call("POST /api/v1/zones", request)).body.code).toBe("zone.name_taken");
  });

  test("takes no key that is empty or longer than 128 characters", async () => {
    for (const key of ["", "x".repeat(129)]) {
      const headers = { "idempotency-key": key };
      const { status, body } = await region.call("POST /api/v1/zones", {
        headers,
        body: newZone(),
      });
      expect([status, body.code]).toEqual([400, "request.invalid"]);
    }
  });
});

test("every POST of somebody who is known takes an Idempotency-Key, and nothing else does", async () => {
  const { body } = await region.call("GET /api/v1/openapi.json", { as: null });
  interface Described {
    readonly "x-required-role": string;
    readonly parameters?: readonly { name: string; in: string }[];
  }
  const paths = body.paths as Record<string, Record<string, Described>>;
  for (const [path, methods] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const takes = operation.parameters?.some(({ name }) => name === "idempotency-key") ?? false;
      const isWanted = method === "post" && operation["x-required-role"] !== "nobody";
      expect([method, path, takes]).toEqual([method, path, isWanted]);
    }
  }
});
