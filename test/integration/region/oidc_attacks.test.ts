import { HOME } from "@/test/homes/test_home.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Lies, type LyingProvider, startLyingProvider } from "./lying_provider.ts";
import { type RegionUnderTest, startRegionUnderTest } from "./region_under_test.ts";

/** A provider that is not honest, or somebody between it and the region. */

const CLIENT = { id: "us", secret: "thirty-two bytes of a client's secret" };

let provider: LyingProvider;
beforeAll(async () => {
  provider = await startLyingProvider(CLIENT);
});
afterAll(() => provider.stop());

/** A region that has asked the provider nothing yet. */
async function withRegion<T>(work: (region: RegionUnderTest) => Promise<T>): Promise<T> {
  const region = await startRegionUnderTest({ oidcHosts: [new URL(provider.issuer).host] });
  try {
    region.advance(Date.now() - region.ctx.now().getTime());
    const { status, text } = await region.call("PUT /api/v1/identity-provider", {
      body: {
        issuer: provider.issuer,
        clientId: CLIENT.id,
        clientSecret: CLIENT.secret,
        createsUsers: true,
        defaultRole: "viewer",
      },
    });
    expect(status, text).toBe(200);
    return await work(region);
  } finally {
    await region.stop();
  }
}

/** Leaves and comes back at once, with the nonce as the code. */
async function signIn(region: RegionUnderTest, lies: Lies) {
  provider.lie(lies);
  const started = await region.call("GET /api/v1/sessions/oidc/start", { as: null });
  if (started.status !== 302) return started;
  const { searchParams } = new URL(String(started.headers.get("location")));
  const [state, nonce] = [searchParams.get("state"), searchParams.get("nonce")];
  return await region.call(`GET /api/v1/sessions/oidc/callback?state=${state}&code=${nonce}`, {
    as: null,
    headers: { cookie: started.headers.getSetCookie()[0]?.split(";")[0] ?? "" },
  });
}

test("what a token must be is looked at on the way in", async () => {
  await withRegion(async (region) => {
    expect((await signIn(region, {})).status).toBe(200);
    const now = Math.floor(Date.now() / 1000);
    const wrong: [Lies, RegExp][] = [
      [{ claims: { nonce: "another" } }, /nonce/],
      [{ claims: { aud: "them" } }, /its aud/],
      [{ claims: { iss: "https://evil.test" } }, /its iss/],
      [{ claims: { exp: now - 120 } }, /expired/],
      [{ claims: { azp: "them" } }, /azp/],
      [{ signedBy: "nobody" }, /algorithm|malformed/],
      [{ signedBy: "client secret" }, /algorithm/],
      [{ signedBy: "another key" }, /signature/],
      [{ userinfo: { sub: "bob" } }, /userinfo is of somebody else/],
    ];
    for (const [lies, reason] of wrong) {
      const { status, body, headers } = await signIn(region, lies);
      expect([status, body?.code], JSON.stringify(lies)).toEqual([401, "session.oidc_unproven"]);
      expect(body.detail).toMatch(reason);
      expect(headers.getSetCookie()).toEqual([]);
    }
    const { body } = await region.call("GET /api/v1/users?q=ann");
    expect(body.users).toHaveLength(1);
  });
});

test("userinfo adds to the token and takes nothing of it back", async () => {
  await withRegion(async (region) => {
    const claims = { preferred_username: "carl" };
    const userinfo = { preferred_username: "admin", name: "Carl" };
    expect((await signIn(region, { claims, userinfo })).status).toBe(200);
    const { body } = await region.call("GET /api/v1/users?q=carl");
    expect(body.users).toMatchObject([{ username: "carl", displayName: "Carl" }]);
  });
});

const METADATA = "/.well-known/openid-configuration";
const answers = (path: string, answer: () => Response) => ({ answers: { [path]: answer } });
test.each<[string, Lies, RegExp]>([
  [
    "calls itself something else",
    { metadata: { issuer: "https://evil.test" } },
    /calls itself https:\/\/evil.test, not http/,
  ],
  ["has no token endpoint", { metadata: { token_endpoint: undefined } }, /token_endpoint/],
  [
    "names an endpoint at the region's own host",
    { metadata: { token_endpoint: "http://127.0.0.1:1/" } },
    /http is only for hosts/,
  ],
  [
    "sends people to a script",
    { metadata: { authorization_endpoint: "javascript:alert(1)" } },
    /not an http or https URL/,
  ],
  [
    "redirects",
    answers(METADATA, () => Response.redirect("http://127.0.0.1:1/", 302)),
    /answered 302/,
  ],
  ["answers with a page", answers(METADATA, () => new Response("<html>")), /not JSON/],
  ["breaks", answers(METADATA, () => new Response("oops", { status: 500 })), /answered 500/],
  [
    "talks without end",
    answers(METADATA, () => new Response("x".repeat(600 * 1024))),
    /more than 524288 bytes/,
  ],
  [
    "refuses the client",
    answers("/token", () => Response.json({ error: "invalid_client" }, { status: 401 })),
    /answered 401 at .*: invalid_client; sign in with a password/,
  ],
  ["gives no token", answers("/token", () => Response.json({})), /without an ID token/],
  ["has no keys", answers("/keys", () => Response.json({ keys: 7 })), /no JWK set/],
  ["has keys of nobody", answers("/keys", () => Response.json({ keys: [] })), /no such key/],
  [
    "tells nothing of people",
    answers("/me", () => Response.json({ error: "x\u0000y\n" }, { status: 403 })),
    /answered 403 at .*\/me: x y/,
  ],
])("a provider that %s is named with what it did", async (_what, lies, detail) => {
  await withRegion(async (region) => {
    const { status, body } = await signIn(region, lies);
    expect([401, 503]).toContain(status);
    expect(body.detail).toMatch(detail);
    expect(body.detail).not.toContain(CLIENT.secret);
    expect(JSON.stringify(region.logged)).not.toContain(CLIENT.secret);
  });
});

test("keys are asked for again for a key that is new, and not for every stranger's token", async () => {
  await withRegion(async (region) => {
    let asked = 0;
    const count = () => {
      asked++;
      return Response.json({ keys: [] });
    };
    for (let i = 0; i < 5; i++) await signIn(region, answers("/keys", count));
    expect(asked).toBe(1);
    region.advance(31_000);
    for (let i = 0; i < 5; i++) await signIn(region, answers("/keys", count));
    expect(asked).toBe(2);
  });
});

test("a provider that is slow is asked once for everybody who waits", async () => {
  await withRegion(async (region) => {
    let asked = 0;
    provider.lie(answers(METADATA, () => {
      asked++;
      return new Response("{}");
    }));
    await Promise.all(
      Array.from(
        { length: 20 },
        () => region.call("GET /api/v1/sessions/oidc/start", { as: null }),
      ),
    );
    // In workerd no request may wait for what another one does.
    expect(asked).toBeLessThan(HOME === "deno" ? 20 : 21);
  });
});
