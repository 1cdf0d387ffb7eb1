import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { sql } from "drizzle-orm";
import { PASSWORD, type RegionUnderTest, startRegionUnderTest } from "./region_under_test.ts";
import {
  browse,
  CLIENT_ID,
  CLIENT_SECRET,
  type RunningProvider,
  startProvider,
} from "./oidc_provider.ts";

const CALLBACK = "https://region.example.com/api/v1/sessions/oidc/callback";
const FLOW_COOKIE = "__Host-rackwright-sign-in";
const SESSION_COOKIE = "__Host-rackwright";

let provider: RunningProvider;
let region: RegionUnderTest;
beforeAll(async () => {
  provider = await startProvider(CALLBACK);
  region = await startRegionUnderTest({ oidcHosts: [new URL(provider.issuer).host] });
});
afterAll(async () => {
  await region.stop();
  await provider.stop();
});

const setUp = async (change: Record<string, unknown> = {}) => {
  const answer = await region.call("PUT /api/v1/identity-provider", {
    body: {
      issuer: provider.issuer,
      clientId: CLIENT_ID,
      clientSecret: CLIENT_SECRET,
      scopes: ["profile", "email", "groups"],
      createsUsers: true,
      defaultRole: "viewer",
      ...change,
    },
  });
  expect(answer.status, answer.text).toBe(200);
  return answer.body;
};
beforeEach(async () => {
  region.advance(Date.now() - region.ctx.now().getTime()); // the provider has the real time
  await setUp();
});

const cookieOf = (headers: Headers, name: string) =>
  headers.getSetCookie().map((each) => each.split(";")[0] ?? "")
    .find((pair) => pair.startsWith(`${name}=`));

/** Leaves for the provider; the address there, and what the browser keeps. */
async function leave(query = "") {
  const answer = await region.call(`GET /api/v1/sessions/oidc/start${query}`, { as: null });
  expect(answer.status, answer.text).toBe(302);
  return {
    url: String(answer.headers.get("location")),
    cookie: String(cookieOf(answer.headers, FLOW_COOKIE)),
    setCookie: answer.headers.getSetCookie()[0] ?? "",
  };
}

const comeBack = (back: URL, cookie?: string) =>
  region.call(`GET ${back.pathname}${back.search}`, {
    as: null,
    headers: cookie === undefined ? {} : { cookie },
    from: "192.0.2.44",
  });

/** The whole way; who they are then. */
async function signIn(name: string, claims: Record<string, unknown> = {}) {
  provider.accounts[name] = { preferred_username: name, ...claims };
  const { url, cookie } = await leave();
  const answer = await comeBack(await browse(url, name, CALLBACK), cookie);
  const session = cookieOf(answer.headers, SESSION_COOKIE);
  const me = session === undefined
    ? undefined
    : (await region.call("GET /api/v1/me", { as: null, headers: { cookie: session } })).body;
  return { answer, me, session };
}

const userNamed = async (name: string) =>
  (await region.call(`GET /api/v1/users?q=${name}`)).body.users
    .find(({ username }: { username: string }) => username === name);

describe("somebody who signs in by the provider", () => {
  test("goes there with state, nonce and PKCE, and comes back with a session", async () => {
    const { url, cookie, setCookie } = await leave("?returnTo=/machines?q=%22x");
    const query = Object.fromEntries(new URL(url).searchParams);
    expect(query).toMatchObject({
      response_type: "code",
      client_id: CLIENT_ID,
      redirect_uri: CALLBACK,
      scope: "openid profile email groups",
      code_challenge_method: "S256",
    });
    for (const name of ["state", "nonce", "code_challenge"]) {
      expect(query[name]).toMatch(/^[\w-]{32,}$/);
      expect(cookie).not.toContain(String(query[name]));
    }
    expect(setCookie.split("; ")).toEqual(
      expect.arrayContaining(["Max-Age=600", "Path=/", "HttpOnly", "Secure", "SameSite=Lax"]),
    );
    provider.accounts.ann = { preferred_username: "Ann", name: "Ann Onymous" };
    const back = await browse(url, "ann", CALLBACK);
    back.searchParams.set("session_state", "as some providers add");
    const answer = await comeBack(back, cookie);
    expect(answer.status, answer.text).toBe(200);
    expect(answer.text).toContain(`content="0;url=/machines?q=&quot;x"`);
    const session = String(cookieOf(answer.headers, SESSION_COOKIE));
    expect(answer.headers.getSetCookie().join("\n")).toMatch(/rackwright=rws_.*SameSite=Strict/);
    expect(answer.headers.getSetCookie().join("\n")).toMatch(/sign-in=; Max-Age=0/);
    const headers = { cookie: session };
    const me = await region.call("GET /api/v1/me", { as: null, headers });
    expect(me.body).toMatchObject({ username: "ann", role: "viewer", displayName: "Ann Onymous" });
    const sessions = await region.call("GET /api/v1/sessions", { as: null, headers });
    expect(sessions.body.sessions).toMatchObject([{ remoteAddress: "192.0.2.44" }]);
    const { body } = await region.call("GET /api/v1/audit?kind=user&action=user.create");
    expect(body.entries[0]).toMatchObject({ userId: null, username: "identity provider" });
    expect(JSON.stringify(region.logged)).not.toContain(String(back.searchParams.get("code")));
  });

  test("is the same user the next time, whatever they are called there by then", async () => {
    const first = await signIn("bob");
    const again = await signIn("bob", { preferred_username: "admin", name: "Not Admin" });
    expect(again.me.id).toBe(first.me.id);
    expect(again.me.username).toBe("bob");
  });

  test("does not take over the name of somebody here", async () => {
    const { answer } = await signIn("mallory", { preferred_username: "admin" });
    expect([answer.status, answer.body.code]).toEqual([403, "session.oidc_name_taken"]);
    const bad = await signIn("strange", { preferred_username: "a b" });
    expect([bad.answer.status, bad.answer.body.code]).toEqual([403, "session.oidc_bad_name"]);
  });

  test("stays out when nobody made or invited them, and comes in when an admin did", async () => {
    await setUp({ createsUsers: false });
    const email = "carol@example.com";
    const made = await region.call("POST /api/v1/users", {
      body: { username: "carol", role: "operator", oidcEmail: "Carol@Example.com" },
    });
    expect(made.body.oidcEmail).toBe(email);
    for (const claims of [{}, { email }, { email, email_verified: false }]) {
      const { answer } = await signIn("c-1", claims);
      expect([answer.status, answer.body.code]).toEqual([403, "session.oidc_unknown"]);
    }
    const { me } = await signIn("c-1", { email, email_verified: true });
    expect(me).toMatchObject({ username: "carol", role: "operator" });
    expect(await userNamed("carol")).toMatchObject({
      oidcIssuer: provider.issuer,
      oidcEmail: null,
    });
    // The invitation is used up: somebody who is given the address later is somebody else.
    const { answer } = await signIn("c-2", { email, email_verified: true });
    expect(answer.body.code).toBe("session.oidc_unknown");
  });

  test("is not linked by the address that a user gave themselves", async () => {
    await setUp({ createsUsers: false });
    await region.call("PATCH /api/v1/me", { as: "operator", body: { email: "eve@example.com" } });
    const { answer } = await signIn("eve", { email: "eve@example.com", email_verified: true });
    expect(answer.body.code).toBe("session.oidc_unknown");
  });

  test("stays out when disabled, also with a session from before", async () => {
    const { me, session } = await signIn("dora");
    await region.call(`PATCH /api/v1/users/${me.id}`, { body: { isDisabled: true } });
    const { answer } = await signIn("dora");
    expect([answer.status, answer.body.code]).toEqual([403, "session.oidc_disabled"]);
    const headers = { cookie: String(session) };
    expect((await region.call("GET /api/v1/me", { as: null, headers })).status).toBe(401);
  });

  test("has the role and the groups that the mappings give, at every sign-in", async () => {
    const group = await region.call("POST /api/v1/groups", { body: { name: "team a" } });
    await setUp({
      groupsClaim: "groups",
      roleMappings: [{ value: "hands", role: "operator" }, { value: "heads", role: "admin" }],
      groupMappings: [{ value: "team-a", groupId: group.body.id }],
      defaultRole: null,
    });
    const members = async () =>
      (await region.call(`GET /api/v1/groups/${group.body.id}`)).body.memberIds;
    expect((await signIn("fay")).answer.body.code).toBe("session.oidc_no_role");
    const { me } = await signIn("fay", { groups: ["hands", "heads", "team-a"] });
    expect(me.role).toBe("admin");
    expect(await members()).toEqual([me.id]);
    // Nor does it help to call oneself something in a claim that nobody mapped.
    expect((await signIn("fay", { groups: ["hands"], role: "admin", roles: ["admin"] })).me.role)
      .toBe("operator");
    expect(await members()).toEqual([]);
    expect((await signIn("fay", { groups: [] })).answer.body.code).toBe("session.oidc_no_role");
    const { body } = await region.call(`GET /api/v1/audit?kind=user&objectId=${me.id}`);
    expect(body.entries.map(({ action }: { action: string }) => action)).toEqual([
      "user.follow_groups",
      "user.update",
      "user.follow_groups",
      "user.create",
    ]);
  });

  test("needs a verified address of the domains that are let in", async () => {
    await setUp({ emailDomains: ["Example.com"] });
    const code = async (claims: Record<string, unknown>) =>
      (await signIn("gil", claims)).answer.body?.code;
    expect(await code({ email: "gil@example.com", email_verified: false }))
      .toBe("session.oidc_domain");
    expect(await code({ email: "gil@evil.test", email_verified: true })).toBe(
      "session.oidc_domain",
    );
    expect((await signIn("gil", { email: "gil@example.com", email_verified: true })).me.username)
      .toBe("gil");
  });

  test("is found again after the provider has changed its keys", async () => {
    await signIn("hal");
    await provider.rotateKeys();
    region.advance(31_000);
    expect((await signIn("hal")).me.username).toBe("hal");
  });
});

describe("a browser that comes back", () => {
  const away = async () => {
    provider.accounts.ivy = { preferred_username: "ivy" };
    const { url, cookie } = await leave();
    return { cookie, back: await browse(url, "ivy", CALLBACK) };
  };
  const outcome = ({ status, body }: { status: number; body: { code?: string } }) => [
    status,
    body?.code,
  ];

  test("without the cookie, with another's, or with another state is not let in", async () => {
    const [mine, others] = [await away(), await away()];
    const unknown = [400, "session.oidc_flow_unknown"];
    expect(outcome(await comeBack(mine.back))).toEqual(unknown);
    expect(outcome(await comeBack(mine.back, others.cookie))).toEqual(unknown);
    expect(outcome(await comeBack(mine.back, `${mine.cookie}x`))).toEqual(unknown);
    const forged = new URL(mine.back);
    forged.searchParams.set("state", "0".repeat(32));
    expect(outcome(await comeBack(forged, mine.cookie))).toEqual(unknown);
    forged.searchParams.delete("state");
    expect(outcome(await comeBack(forged, mine.cookie))).toEqual(unknown);
    region.advance(601_000);
    expect(outcome(await comeBack(mine.back, mine.cookie))).toEqual(unknown);
    region.advance(-601_000);
    expect((await comeBack(mine.back, mine.cookie)).status).toBe(200);
  });

  test("with a code that was used is told what the provider says", async () => {
    const { back, cookie } = await away();
    expect((await comeBack(back, cookie)).status).toBe(200);
    const again = await comeBack(back, cookie);
    expect(outcome(again)).toEqual([503, "identity_provider.fault"]);
    expect(again.body.detail).toMatch(/the identity provider answered 400 at .*: invalid_grant/);
    expect(cookieOf(again.headers, SESSION_COOKIE)).toBeUndefined();
  });

  test("with a code that was made for another sign-in of ours is not let in", async () => {
    const [mine, others] = [await away(), await away()];
    const mixed = new URL(mine.back);
    mixed.searchParams.set("code", String(others.back.searchParams.get("code")));
    expect((await comeBack(mixed, mine.cookie)).body.detail).toContain("invalid_grant");
  });

  test("from another provider, or with an error, is told so", async () => {
    const { back, cookie } = await away();
    expect(back.searchParams.get("iss")).toBe(provider.issuer);
    for (const iss of ["https://evil.test", undefined]) {
      const other = new URL(back);
      if (iss) other.searchParams.set("iss", iss);
      else other.searchParams.delete("iss");
      expect(outcome(await comeBack(other, cookie))).toEqual([401, "session.oidc_unproven"]);
    }
    const refused = new URL(back);
    refused.searchParams.delete("code");
    refused.searchParams.set("error", "access_denied");
    refused.searchParams.set("error_description", "not\ntoday");
    const answer = await comeBack(refused, cookie);
    expect(outcome(answer)).toEqual([401, "session.oidc_refused"]);
    expect(answer.body.detail).toBe("the identity provider answered access_denied, not today");
  });

  test("shows a person a page, in which what the provider said is text and nothing else", async () => {
    const { url, cookie } = await leave();
    const state = new URL(url).searchParams.get("state");
    const query = new URLSearchParams({
      state: String(state),
      iss: provider.issuer,
      error: "access_denied",
      error_description: "<script src=//evil.test></script>",
    });
    const answer = await region.call(`GET /api/v1/sessions/oidc/callback?${query}`, {
      as: null,
      headers: { cookie, accept: "text/html,application/xhtml+xml,*/*;q=0.8" },
    });
    expect(answer.status).toBe(401);
    expect(answer.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(answer.headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(answer.text).toContain("<h1>Signing in did not work</h1>");
    expect(answer.text).toContain("&lt;script src=//evil.test&gt;");
    expect(answer.text).toContain("session.oidc_refused");
    expect(answer.text).not.toContain("<script");
  });

  test.each(["//evil.test", "/\\evil.test", "https://evil.test", "javascript:alert(1)", "x", ""])(
    "is never sent on to %j",
    async (path) => {
      const query = `?returnTo=${encodeURIComponent(path)}`;
      const answer = await region.call(`GET /api/v1/sessions/oidc/start${query}`, { as: null });
      expect([answer.status, answer.body.field]).toEqual([400, "returnTo"]);
    },
  );
});

describe("the provider's settings", () => {
  test("never show the secret, which goes to no other issuer or client", async () => {
    const view = await setUp();
    expect(view).toMatchObject({ hasClientSecret: true, redirectUri: CALLBACK });
    expect(JSON.stringify(view)).not.toContain("s:e%c");
    const { text } = await region.call("GET /api/v1/audit?kind=identity_provider");
    expect(text).not.toContain("s:e%c");
    const { rows } = await region.ctx.db.execute(
      sql`SELECT sealed_client_secret AS sealed FROM identity_providers`,
    ) as unknown as { rows: { sealed: string }[] };
    expect(rows[0]?.sealed).toMatch(/^eyJ[\w-]+\.\.[\w-]+\.[\w-]+\.[\w-]+$/);
    const kept = await setUp({ clientSecret: undefined, label: "Ours" });
    expect(kept.hasClientSecret).toBe(true);
    expect((await signIn("kit")).me.username).toBe("kit");
    for (const change of [{ issuer: "https://evil.test" }, { clientId: "other" }]) {
      const body = { issuer: provider.issuer, clientId: CLIENT_ID, ...change };
      const answer = await region.call("PUT /api/v1/identity-provider", { body });
      expect(answer.body.code).toBe("identity_provider.secret_missing");
    }
  });

  test.each(["http://login.example.com", "https://127.0.0.1", "https://169.254.169.254/x", "x:y"])(
    "refuse the issuer %s",
    async (issuer) => {
      const body = { issuer, clientId: "x" };
      const answer = await region.call("PUT /api/v1/identity-provider", { body });
      expect([answer.status, answer.body.code, answer.body.field])
        .toEqual([400, "identity_provider.issuer_refused", "issuer"]);
    },
  );

  test("are changed by who has seen them, checked, and taken away", async () => {
    const { version } = await setUp();
    const stale = await region.call("PUT /api/v1/identity-provider", {
      headers: { "if-match": `"${version - 1}"` },
      body: { issuer: provider.issuer, clientId: CLIENT_ID },
    });
    expect(stale.status).toBe(412);
    const checked = await region.call("POST /api/v1/identity-provider/check");
    expect(checked.body).toMatchObject({ issuer: provider.issuer, keys: 1 });
    const methods = () => region.call("GET /api/v1/sign-in-methods", { as: null });
    expect((await methods()).body.oidc).toEqual({
      label: "Single sign-on",
      startPath: "/api/v1/sessions/oidc/start",
    });
    await setUp({ isEnabled: false });
    expect((await methods()).body).toEqual({ password: true, oidc: null });
    expect((await region.call("DELETE /api/v1/identity-provider")).status).toBe(204);
    const gone = await region.call("GET /api/v1/sessions/oidc/start", { as: null });
    expect([gone.status, gone.body.code]).toEqual([404, "identity_provider.none"]);
  });
});

test("passwords work while the provider is away, which is said in words", async () => {
  const closed = await startProvider(CALLBACK);
  await closed.stop();
  const lonely = await startRegionUnderTest({ oidcHosts: [new URL(closed.issuer).host] });
  try {
    await lonely.call("PUT /api/v1/identity-provider", {
      body: { issuer: closed.issuer, clientId: "x", clientSecret: null },
    });
    const away = await lonely.call("GET /api/v1/sessions/oidc/start", { as: null });
    expect([away.status, away.body.code]).toEqual([503, "identity_provider.fault"]);
    expect(away.body.detail).toMatch(/cannot be reached at 127.0.0.1:\d+\/\.well-known/);
    const body = { username: "admin", password: PASSWORD };
    expect((await lonely.call("POST /api/v1/sessions", { as: null, body })).status).toBe(201);
  } finally {
    await lonely.stop();
  }
});
