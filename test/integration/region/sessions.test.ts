import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { sql } from "drizzle-orm";
import { createApp } from "@/region/app.ts";
import { forgetExpired } from "@/region/reconcilers/forget_expired.ts";
import {
  type Answer,
  PASSWORD,
  type RegionUnderTest,
  startRegionUnderTest,
} from "./region_under_test.ts";

let region: RegionUnderTest;
beforeAll(async () => {
  region = await startRegionUnderTest();
});
afterAll(() => region.stop());
beforeEach(async () => {
  await region.ctx.db.execute(sql`DELETE FROM sign_in_attempts`);
});

const outcome = ({ status, body }: Answer) => [status, body?.code];

const signIn = (options: { username?: string; password?: string; from?: string } = {}) =>
  region.call("POST /api/v1/sessions", {
    as: null,
    from: options.from,
    body: { username: options.username ?? "operator", password: options.password ?? PASSWORD },
  });
const openSession = async () => ({ token: String((await signIn()).body.token) });
const me = (as: { token: string }) => region.call("GET /api/v1/me", { as });

describe("a session", () => {
  test("ends when it is not used for its idle time, and lives on while it is", async () => {
    const as = await openSession();
    const { body } = await region.call("GET /api/v1/sessions", { as });
    const idleMs = body.sessions.at(-1).idleSeconds * 1000;
    for (let i = 0; i < 3; i++) {
      region.advance(idleMs - 60_000);
      expect((await me(as)).status).toBe(200);
    }
    region.advance(idleMs + 1);
    expect(outcome(await me(as))).toEqual([401, "caller.bad_credentials"]);
    await forgetExpired(region.ctx);
    const { rows } = await region.ctx.db.execute(sql`SELECT id FROM sessions`) as unknown as {
      rows: unknown[];
    };
    expect(rows).toEqual([]);
  });

  test("is listed with where it came from, and ended by its owner only", async () => {
    const first = await region.call("POST /api/v1/sessions", {
      as: null,
      from: "192.0.2.7",
      headers: { "user-agent": "a browser" },
      body: { username: "operator", password: PASSWORD },
    });
    const as = await openSession();
    const { body } = await region.call("GET /api/v1/sessions", { as });
    expect(body.sessions).toMatchObject([
      { remoteAddress: "192.0.2.7", userAgent: "a browser", isCurrent: false },
      { isCurrent: true },
    ]);
    const route = `DELETE /api/v1/sessions/${body.sessions[0].id}`;
    expect(outcome(await region.call(route))).toEqual([404, "session.missing"]);
    expect((await region.call(route, { as })).status).toBe(204);
    expect((await me({ token: first.body.token })).status).toBe(401);
    expect((await me(as)).status).toBe(200);
    expect((await region.call("DELETE /api/v1/sessions/current", { as })).status).toBe(204);
    expect((await me(as)).status).toBe(401);
    expect(outcome(await region.call("DELETE /api/v1/sessions/current")))
      .toEqual([409, "session.none"]);
  });

  test("ends with all the user's others when an admin says so", async () => {
    const as = await openSession();
    await openSession();
    const { body } = await me(as);
    expect((await region.call(`DELETE /api/v1/users/${body.id}/sessions`)).body).toEqual({
      ended: 2,
    });
    expect((await me(as)).status).toBe(401);
  });
});

describe("guessing", () => {
  const guess = (options: { username?: string; password?: string; from?: string } = {}) =>
    signIn({ password: "wrong", from: "198.51.100.1", ...options });

  test("is held up longer each time, also for the right password, and never for good", async () => {
    for (let i = 0; i < 5; i++) expect(outcome(await guess())).toEqual([401, "session.refused"]);
    const waits: number[] = [];
    for (let i = 0; i < 12; i++) {
      const held = await guess({ password: PASSWORD });
      expect(outcome(held)).toEqual([429, "session.too_many_attempts"]);
      const seconds = Number(held.headers.get("retry-after"));
      waits.push(seconds);
      region.advance(seconds * 1000);
      expect(outcome(await guess())).toEqual([401, "session.refused"]);
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]);
    region.advance(900_000);
    expect((await guess({ password: PASSWORD })).status).toBe(201);
    expect(outcome(await guess())).toEqual([401, "session.refused"]); // and again five are free
  });

  test("from one address keeps nobody out who comes from another", async () => {
    for (let i = 0; i < 6; i++) await guess({ username: "admin" });
    expect((await guess({ username: "admin" })).status).toBe(429);
    expect((await signIn({ username: "admin", from: "203.0.113.9" })).status).toBe(201);
  });

  test("is answered alike for names that exist and names that do not", async () => {
    const answers = async (username: string) => {
      const all = [];
      for (let i = 0; i < 7; i++) {
        const { status, body, headers } = await guess({ username });
        all.push([status, body.code, body.detail, headers.get("retry-after")]);
      }
      return all;
    };
    const [known, unknown] = [await answers("viewer"), await answers("nobody")];
    expect(unknown).toEqual(known);
  });

  test("many names from one address is held up too", async () => {
    for (let i = 0; i < 30; i++) {
      expect((await guess({ username: `name${i}`, from: `2001:db8::${i}` })).status).toBe(401);
    }
    const held = await guess({ username: "operator", from: "2001:db8::abcd", password: PASSWORD });
    expect(outcome(held)).toEqual([429, "session.too_many_attempts"]);
  });

  test("all at once gives no more guesses than one after the other", async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => guess()));
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(5);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(15);
  });

  test("the current password in a session is held up as well", async () => {
    const as = await openSession();
    const body = { currentPassword: "wrong", newPassword: "something else" };
    const change = () => region.call("POST /api/v1/me/password", { as, body, from: "192.0.2.1" });
    for (let i = 0; i < 5; i++) expect((await change()).status).toBe(400);
    expect(outcome(await change())).toEqual([429, "session.too_many_attempts"]);
  });
});

describe("a browser's session", () => {
  const CSRF = { "x-rackwright-csrf": "1" };
  const open = (headers: Record<string, string> = CSRF) =>
    region.call("POST /api/v1/sessions", {
      as: null,
      headers,
      body: { username: "operator", password: PASSWORD, cookie: true },
    });
  const cookieOf = (answer: Answer) => String(answer.headers.get("set-cookie")).split(";")[0] ?? "";

  test("is in a cookie that no script reads and no other site uses", async () => {
    const answer = await open();
    expect([answer.status, answer.body.token]).toEqual([201, null]);
    const [pair, ...attributes] = String(answer.headers.get("set-cookie")).split("; ");
    expect(pair).toMatch(/^__Host-rackwright=rws_[0-9a-f]{64}$/);
    expect(attributes).toEqual(
      expect.arrayContaining(["Path=/", "HttpOnly", "Secure", "SameSite=Strict"]),
    );
    expect(attributes.join()).not.toContain("Domain");
    const headers = { cookie: pair ?? "" };
    expect((await region.call("GET /api/v1/me", { as: null, headers })).body.username).toBe(
      "operator",
    );
    const out = await region.call("DELETE /api/v1/sessions/current", {
      as: null,
      headers: { ...headers, ...CSRF },
    });
    expect(out.status).toBe(204);
    expect(out.headers.get("set-cookie")).toMatch(/^__Host-rackwright=; Max-Age=0/);
    expect((await region.call("GET /api/v1/me", { as: null, headers })).status).toBe(401);
  });

  test("is not marked Secure over plain http, or the browser would not keep it", async () => {
    const app = createApp({ ...region.ctx, publicUrl: "http://127.0.0.1:5240" });
    const answer = await app.request("/api/v1/sessions", {
      method: "POST",
      headers: { ...CSRF, "content-type": "application/json" },
      body: JSON.stringify({ username: "operator", password: PASSWORD, cookie: true }),
    });
    const cookie = String(answer.headers.get("set-cookie"));
    expect(cookie).toMatch(/^rackwright=rws_/);
    expect(cookie).not.toContain("Secure");
  });

  test.each([
    [{}, "X-Rackwright-Csrf"],
    [{ ...CSRF, "sec-fetch-site": "cross-site" }, "Sec-Fetch-Site"],
    [{ ...CSRF, "sec-fetch-site": "same-site" }, "Sec-Fetch-Site"],
    [{ ...CSRF, origin: "https://evil.example" }, "Origin"],
    [{ ...CSRF, origin: "null" }, "Origin"],
    [{ ...CSRF, origin: "https://region.example.com.evil.example" }, "Origin"],
  ])("changes nothing for another site: %j", async (headers, field) => {
    const cookie = cookieOf(await open());
    const body = { displayName: "forged" };
    const answer = await region.call("PATCH /api/v1/me", {
      as: null,
      body,
      headers: { ...headers, cookie },
    });
    expect(outcome(answer)).toEqual([403, "caller.forged_request"]);
    expect(answer.body.field.toLowerCase()).toBe(field.toLowerCase());
    expect(outcome(await open({ ...headers }))).toEqual([403, "caller.forged_request"]);
  });

  test("changes things for the region's own pages, by its public name and as it was asked", async () => {
    const cookie = cookieOf(await open());
    const ours: Record<string, string>[] = [
      { origin: "https://region.example.com", "sec-fetch-site": "same-origin" },
      { origin: "http://10.0.0.5:5240", host: "10.0.0.5:5240" },
    ];
    for (const headers of ours) {
      const answer = await region.call("PATCH /api/v1/me", {
        as: null,
        body: { displayName: "Op" },
        headers: { ...CSRF, ...headers, cookie },
      });
      expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    }
  });

  test("is not looked at when there is an Authorization header", async () => {
    const cookie = cookieOf(await open());
    const answer = await region.call("GET /api/v1/me", { as: "viewer", headers: { cookie } });
    expect(answer.body.username).toBe("viewer");
  });
});
