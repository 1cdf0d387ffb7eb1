import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sql } from "drizzle-orm";
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

const outcome = ({ status, body }: Answer) => [status, body?.code];

let made = 0;
async function makeUser(fields: Record<string, unknown> = {}) {
  const username = `user${++made}`;
  const { status, body } = await region.call("POST /api/v1/users", {
    body: { username, password: PASSWORD, role: "operator", ...fields },
  });
  expect([status, body]).toMatchObject([201, { username }]);
  return body;
}

async function signIn(username: string, password = PASSWORD) {
  const { body } = await region.call("POST /api/v1/sessions", {
    as: null,
    body: { username, password },
  });
  return { token: String(body.token) };
}

async function makePool(name: string): Promise<number> {
  const { rows } = await region.ctx.db.execute(
    sql`INSERT INTO pools (name) VALUES (${name}) RETURNING id`,
  ) as unknown as { rows: { id: number }[] };
  return rows[0]?.id ?? 0;
}

describe("a user", () => {
  test("is made, found, changed and removed by an admin, each with its entry", async () => {
    const user = await makeUser({ displayName: "Ada", email: "ada@example.com" });
    const route = `/api/v1/users/${user.id}`;
    const found = await region.call(`GET ${route}`);
    expect(found.body).toEqual(user);
    expect(found.headers.get("etag")).toBe('"1"');
    expect(found.text).not.toContain("argon2");
    const { body: page } = await region.call("GET /api/v1/users?q=ADA");
    expect(page).toEqual({ users: [user], nextCursor: null });
    const changed = await region.call(`PATCH ${route}`, {
      body: { role: "viewer" },
      headers: { "if-match": '"1"' },
    });
    expect(changed.body).toEqual({ ...user, role: "viewer", version: 2 });
    expect(outcome(
      await region.call(`PATCH ${route}`, { body: {}, headers: { "if-match": '"1"' } }),
    )).toEqual([412, "precondition.failed"]);
    expect((await region.call(`DELETE ${route}`)).status).toBe(204);
    expect(outcome(await region.call(`GET ${route}`))).toEqual([404, "user.missing"]);
  });

  test("pages through the list without missing or repeating anybody", async () => {
    const all = (await region.call("GET /api/v1/users")).body.users.map((u: { id: number }) =>
      u.id
    );
    const seen: number[] = [];
    for (let cursor = "";;) {
      const { body } = await region.call(`GET /api/v1/users?limit=2${cursor}`);
      seen.push(...body.users.map((u: { id: number }) => u.id));
      if (body.nextCursor === null) break;
      cursor = `&cursor=${body.nextCursor}`;
    }
    expect(seen).toEqual(all);
  });

  test.each([
    [{ username: "Upper", role: "viewer" }, "username"],
    [{ username: "a".repeat(65), role: "viewer" }, "username"],
    [{ username: "ok", role: "root" }, "role"],
    [{ username: "ok", role: "viewer", password: "short" }, "password"],
    [{ username: "ok", role: "viewer", password: "with\u0000nul, which is no text" }, "password"],
    [{ username: "ok", role: "viewer", displayName: "two\nlines" }, "displayName"],
    [{ username: "ok", role: "viewer", displayName: "\ud800" }, "displayName"],
    [{ username: "ok", role: "viewer", email: "nonsense" }, "email"],
    [{ username: "ok", role: "viewer", poolIds: [0] }, "poolIds[0]"],
  ])("is refused when malformed: %j", async (body, field) => {
    const answer = await region.call("POST /api/v1/users", { body });
    expect([answer.status, answer.body.field]).toEqual([400, field]);
  });

  test("is refused with a name that is taken, and with a pool that is not there", async () => {
    const body = { username: "operator", role: "viewer" };
    expect(outcome(await region.call("POST /api/v1/users", { body })))
      .toEqual([409, "user.name_taken"]);
    const lost = { username: "lost", role: "viewer", poolIds: [999] };
    expect(outcome(await region.call("POST /api/v1/users", { body: lost })))
      .toEqual([409, "user.no_such_pool"]);
  });

  test("that is disabled is out at once, with session and key, and in again later", async () => {
    const { id, username } = await makeUser();
    const as = await signIn(username);
    const key = await region.call("POST /api/v1/api-keys", {
      as,
      body: { description: "x", scope: "admin" },
    });
    const withKey = { token: String(key.body.key) };
    expect((await region.call("GET /api/v1/me", { as: withKey })).status).toBe(200);
    await region.call(`PATCH /api/v1/users/${id}`, { body: { isDisabled: true } });
    expect(outcome(await region.call("GET /api/v1/me", { as })))
      .toEqual([401, "caller.bad_credentials"]);
    expect(outcome(await region.call("GET /api/v1/me", { as: withKey })))
      .toEqual([401, "caller.bad_credentials"]);
    const refused = await region.call("POST /api/v1/sessions", {
      as: null,
      body: { username, password: PASSWORD },
    });
    expect(outcome(refused)).toEqual([401, "session.refused"]);
    await region.call(`PATCH /api/v1/users/${id}`, { body: { isDisabled: false } });
    expect((await region.call("GET /api/v1/me", { as: withKey })).status).toBe(200);
    expect((await region.call("GET /api/v1/me", { as })).status).toBe(401); // that one had ended
  });

  test("who owns machines is not removed", async () => {
    const { id } = await makeUser();
    const site = await region.call("POST /api/v1/sites", { body: { name: "owned" } });
    const machine = await region.call("POST /api/v1/machines", {
      body: { siteId: site.body.id, macs: ["52:54:00:00:0a:01"] },
    });
    await region.ctx.db.execute(
      sql`UPDATE machines SET owner_user_id = ${id} WHERE system_id = ${machine.body.systemId}`,
    );
    expect(outcome(await region.call(`DELETE /api/v1/users/${id}`)))
      .toEqual([409, "user.owns_machines"]);
  });
});

describe("the own role", () => {
  test("cannot be raised by any route that the caller may use", async () => {
    for (
      const [as, route, body] of [
        ["viewer", "PATCH /api/v1/me", { role: "admin" }],
        ["operator", "PATCH /api/v1/me", { role: "admin" }],
        ["operator", "PATCH /api/v1/me", { poolIds: null }],
        ["operator", "PATCH /api/v1/users/2", { role: "admin" }],
      ] as const
    ) {
      const { status } = await region.call(route, { as, body });
      expect([route, status >= 400 && status < 500]).toEqual([route, true]);
    }
    const { body } = await region.call("GET /api/v1/users");
    const roles = body.users.slice(0, 3).map((u: { role: string }) => u.role);
    expect(roles).toEqual(["viewer", "operator", "admin"]);
  });

  test("cannot be changed even by an admin, but another admin can", async () => {
    const other = await makeUser({ role: "admin" });
    const as = await signIn(other.username);
    expect(outcome(
      await region.call(`PATCH /api/v1/users/${other.id}`, { as, body: { role: "viewer" } }),
    )).toEqual([403, "user.own_role"]);
    const demoted = await region.call(`PATCH /api/v1/users/${other.id}`, {
      body: { role: "viewer" },
    });
    expect(demoted.body.role).toBe("viewer");
    expect((await region.call("GET /api/v1/me", { as })).body.actingRole).toBe("viewer");
  });

  test("of the last admin stays, however many try at once", async () => {
    const admins = [await makeUser({ role: "admin" }), await makeUser({ role: "admin" })];
    const { body: me } = await region.call("GET /api/v1/me");
    const tokens = await Promise.all(admins.map(({ username }) => signIn(username)));
    const [a, b] = [tokens[0] ?? null, tokens[1] ?? null];
    const answers = await Promise.all([
      region.call(`PATCH /api/v1/users/${me.id}`, { as: a, body: { role: "viewer" } }),
      region.call(`PATCH /api/v1/users/${admins[0]?.id}`, { as: b, body: { isDisabled: true } }),
      region.call(`DELETE /api/v1/users/${admins[1]?.id}`),
      region.call(`PATCH /api/v1/users/${admins[1]?.id}`, { as: a, body: { role: "viewer" } }),
    ]);
    const { rows } = await region.ctx.db.execute(
      sql`SELECT count(*)::int AS left FROM users WHERE role = 'admin' AND NOT is_disabled`,
    ) as unknown as { rows: { left: number }[] };
    expect(rows[0]?.left, JSON.stringify(answers.map(outcome))).toBeGreaterThanOrEqual(1);
    await region.ctx.db.execute(sql`UPDATE users SET role = 'admin' WHERE id = ${me.id}`);
    await region.ctx.db.execute(
      sql`UPDATE users SET role = 'viewer' WHERE role = 'admin' AND id <> ${me.id}`,
    );
    const last = { as: "admin" as const };
    const disable = { ...last, body: { isDisabled: true } };
    expect(outcome(await region.call(`PATCH /api/v1/users/${me.id}`, disable)))
      .toEqual([409, "user.last_admin"]);
    expect(outcome(await region.call(`DELETE /api/v1/users/${me.id}`, last)))
      .toEqual([409, "user.last_admin"]);
  });
});

describe("the own password", () => {
  test("is changed with the current one; other sessions end and this one stays", async () => {
    const { username } = await makeUser();
    const [here, there] = [await signIn(username), await signIn(username)];
    const change = (currentPassword: string) =>
      region.call("POST /api/v1/me/password", {
        as: here,
        body: { currentPassword, newPassword: "another password" },
      });
    expect(outcome(await change("wrong"))).toEqual([400, "user.wrong_password"]);
    expect((await change(PASSWORD)).status).toBe(204);
    expect((await region.call("GET /api/v1/me", { as: here })).status).toBe(200);
    expect((await region.call("GET /api/v1/me", { as: there })).status).toBe(401);
    expect((await signIn(username)).token).toBe("undefined");
    expect((await signIn(username, "another password")).token).toMatch(/^rws_/);
  });
});

describe("pools", () => {
  test("reach the caller from the user and their groups, and an admin is never limited", async () => {
    const [mine, ours, third] = [
      await makePool("mine"),
      await makePool("ours"),
      await makePool("c"),
    ];
    const user = await makeUser({ poolIds: [mine, mine] });
    expect(user.poolIds).toEqual([mine]);
    const group = await region.call("POST /api/v1/groups", {
      body: { name: "us", memberIds: [user.id], poolIds: [ours, mine] },
    });
    expect(group.body).toMatchObject({ memberIds: [user.id], poolIds: [mine, ours], version: 1 });
    const { authenticate } = await import("@/region/services/identity/authenticate.ts");
    const { token } = await signIn(user.username);
    const poolsOf = async () =>
      (await authenticate(region.ctx, { authorization: `Bearer ${token}`, isWrite: false }))
        .poolIds;
    expect(await poolsOf()).toEqual([mine, ours]);
    await region.ctx.db.execute(sql`DELETE FROM pools WHERE id = ${mine}`);
    expect(await poolsOf()).toEqual([ours]);
    const emptied = await region.call(`PATCH /api/v1/groups/${group.body.id}`, {
      body: { memberIds: [] },
    });
    expect(emptied.body).toMatchObject({ memberIds: [], poolIds: [ours], version: 2 });
    expect(await poolsOf()).toEqual([]); // limited to nothing, not to everything
    await region.call(`PATCH /api/v1/users/${user.id}`, { body: { poolIds: [third] } });
    expect(await poolsOf()).toEqual([third]);
    await region.call(`PATCH /api/v1/users/${user.id}`, { body: { role: "admin" } });
    expect(await poolsOf()).toBeUndefined();
    await region.call(`PATCH /api/v1/users/${user.id}`, {
      body: { poolIds: null, role: "viewer" },
    });
    expect(await poolsOf()).toBeUndefined();
  });

  test("and members that are not there are refused in a group", async () => {
    const make = (body: object) =>
      region.call("POST /api/v1/groups", { body: { name: "odd", ...body } });
    expect(outcome(await make({ memberIds: [99_999] }))).toEqual([409, "group.no_such_user"]);
    expect(outcome(await make({ poolIds: [99_999] }))).toEqual([409, "group.no_such_pool"]);
    expect((await make({})).status).toBe(201);
    expect(outcome(await make({}))).toEqual([409, "group.name_taken"]);
  });
});

describe("an API key", () => {
  const makeKey = async (as: { token: string } | "admin", body: object) =>
    await region.call("POST /api/v1/api-keys", { as, body: { description: "test", ...body } });

  test("is shown once, listed without its text, and lets nobody in when revoked", async () => {
    const { body } = await makeKey("admin", { scope: "admin" });
    expect(body.key).toMatch(new RegExp(`^rwk_${body.prefix}_[0-9a-f]{64}$`));
    const list = await region.call("GET /api/v1/api-keys");
    expect(list.body.apiKeys.map((k: { id: number }) => k.id)).toContain(body.id);
    expect(list.text).not.toContain(body.key);
    const as = { token: body.key };
    expect((await region.call("GET /api/v1/me", { as })).status).toBe(200);
    expect((await region.call(`DELETE /api/v1/api-keys/${body.id}`)).status).toBe(204);
    expect((await region.call("GET /api/v1/me", { as })).status).toBe(401);
  });

  test("with scope read changes nothing, not even at its owner's", async () => {
    const { body } = await makeKey("admin", { scope: "read" });
    const as = { token: body.key };
    expect((await region.call("GET /api/v1/me", { as })).body)
      .toMatchObject({ role: "admin", actingRole: "viewer", scope: "read" });
    for (
      const [route, input] of [
        ["PATCH /api/v1/me", { displayName: "x" }],
        ["POST /api/v1/api-keys", { description: "x", scope: "read" }],
        ["POST /api/v1/sites", { name: "x" }],
        ["DELETE /api/v1/sessions/1", undefined],
      ] as const
    ) {
      expect(outcome(await region.call(route, { as, body: input })), route)
        .toEqual([403, "caller.scope_too_narrow"]);
    }
    expect(outcome(await region.call("GET /api/v1/users", { as })))
      .toEqual([403, "caller.role_too_weak"]);
  });

  test("with scope operate is no admin, and makes no key that is", async () => {
    const { body } = await makeKey("admin", { scope: "operate", expiresInSeconds: 3600 });
    const as = { token: body.key };
    expect(outcome(await region.call("POST /api/v1/sites", { as, body: { name: "x" } })))
      .toEqual([403, "caller.role_too_weak"]);
    expect(outcome(await makeKey(as, { scope: "admin", expiresInSeconds: 60 })))
      .toEqual([403, "api_key.scope_too_wide"]);
    expect(outcome(await makeKey(as, { scope: "read" }))).toEqual([403, "api_key.outlives_maker"]);
    expect(outcome(await makeKey(as, { scope: "read", expiresInSeconds: 7200 })))
      .toEqual([403, "api_key.outlives_maker"]);
    expect((await makeKey(as, { scope: "read", expiresInSeconds: 60 })).status).toBe(201);
  });

  test("never does more than its user, and ends when it says", async () => {
    const user = await makeUser({ role: "viewer" });
    const as = await signIn(user.username);
    const { body } = await makeKey(as, { scope: "admin", expiresInSeconds: 600 });
    const withKey = { token: body.key };
    expect((await region.call("GET /api/v1/me", { as: withKey })).body.actingRole).toBe("viewer");
    region.advance(600_000);
    expect((await region.call("GET /api/v1/me", { as: withKey })).status).toBe(401);
  });

  test("of another is listed and revoked by an admin only", async () => {
    const user = await makeUser();
    const as = await signIn(user.username);
    const { body } = await makeKey("admin", { scope: "read" });
    expect(outcome(await region.call(`DELETE /api/v1/api-keys/${body.id}`, { as })))
      .toEqual([404, "api_key.missing"]);
    expect(outcome(await region.call(`GET /api/v1/api-keys?userId=${body.userId}`, { as })))
      .toEqual([403, "caller.role_too_weak"]);
    const own = await makeKey(as, { scope: "admin" });
    const list = await region.call(`GET /api/v1/api-keys?userId=${user.id}`);
    expect(list.body.apiKeys).toHaveLength(1);
    expect((await region.call(`DELETE /api/v1/api-keys/${own.body.id}`)).status).toBe(204);
  });
});

describe("an SSH key", () => {
  const KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGzz5Nx8Fz1Ik6lPpXXr2ebxYbUlUQGoYRgD8Lw9lxcX";

  test("has the fingerprint that ssh-keygen shows, and a remark that can change", async () => {
    const { body } = await region.call("POST /api/v1/ssh-keys", {
      body: { key: `${KEY} me@here` },
    });
    const keygen = new Deno.Command("ssh-keygen", {
      args: ["-lf", "-"],
      stdin: "piped",
      stdout: "piped",
    })
      .spawn();
    const input = keygen.stdin.getWriter();
    await input.write(new TextEncoder().encode(`${KEY}\n`));
    await input.close();
    const { stdout } = await keygen.output();
    expect(new TextDecoder().decode(stdout)).toContain(` ${body.fingerprint} `);
    const changed = await region.call(`PATCH /api/v1/ssh-keys/${body.id}`, {
      body: { comment: "at home" },
    });
    expect(changed.body).toEqual({ ...body, comment: "at home", version: 2 });
    const other = await region.call(`PATCH /api/v1/ssh-keys/${body.id}`, {
      as: "viewer",
      body: { comment: "theirs" },
    });
    expect(outcome(other)).toEqual([404, "ssh_key.missing"]);
  });
});
