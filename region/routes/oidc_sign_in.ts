import { createRoute, z } from "@hono/zod-openapi";
import type { RegionContext } from "@/region/context.ts";
import { finishSignIn } from "@/region/services/oidc/finish_sign_in.ts";
import { readSignInMethods } from "@/region/services/oidc/manage_provider.ts";
import type { ProviderClient } from "@/region/services/oidc/provider_client.ts";
import { FLOW_SECONDS, startSignIn } from "@/region/services/oidc/start_sign_in.ts";
import { createApi, ok, PUBLIC, REFUSALS } from "./api.ts";
import { originOf } from "./authentication.ts";
import { refusalPage } from "./refusal_page.ts";
import {
  giveFlowCookie,
  giveSessionCookie,
  readFlowCookie,
  takeFlowCookie,
} from "./session_cookie.ts";

const START = "/sessions/oidc/start";
const CALLBACK = "/sessions/oidc/callback";
const tags = ["identity"];
/** Codes and states are opaque; providers put kilobytes into them. */
const Opaque = z.string().max(4096).optional();

const methodsRoute = createRoute({
  method: "get",
  path: "/sign-in-methods",
  tags,
  summary: "How people can sign in here",
  ...PUBLIC,
  responses: ok(
    z.object({
      password: z.literal(true),
      oidc: z.object({ label: z.string(), startPath: z.string() }).nullable(),
    }),
    "What a sign-in page offers",
  ),
});

const startRoute = createRoute({
  method: "get",
  path: START,
  tags,
  summary: "Sign in with the OpenID provider: a page for the browser to go to",
  ...PUBLIC,
  request: {
    query: z.strictObject({
      returnTo: z.string().max(500).regex(
        /^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/,
        "use a path of this region, such as /machines",
      ).default("/").openapi({ description: "Where the browser goes afterwards" }),
    }),
  },
  responses: {
    302: { description: "To the provider, with a cookie that keeps this sign-in for 10 minutes" },
    ...REFUSALS,
  },
});

const callbackRoute = createRoute({
  method: "get",
  path: CALLBACK,
  tags,
  summary: "Where the OpenID provider sends the browser back to",
  ...PUBLIC,
  request: {
    // Providers add fields of their own, such as session_state.
    query: z.looseObject({
      state: Opaque,
      code: Opaque,
      iss: Opaque,
      error: Opaque,
      error_description: Opaque,
    }),
  },
  responses: {
    200: {
      description: "Signed in: the session is in a cookie as with `POST /sessions`",
      content: { "text/html": { schema: z.string() } },
    },
    ...REFUSALS,
  },
});

export function oidcSignInRoutes(ctx: RegionContext, client: ProviderClient) {
  const api = createApi();
  for (const path of [START, CALLBACK]) api.use(path, refusalPage("Signing in did not work"));
  return api
    .openapi(methodsRoute, async (c) => {
      const { oidc: label } = await readSignInMethods(ctx);
      const oidc = label === null ? null : { label, startPath: `/api/v1${START}` };
      return c.json({ password: true as const, oidc }, 200);
    })
    .openapi(startRoute, async (c) => {
      const { url, flow } = await startSignIn(ctx, client, c.req.valid("query").returnTo);
      giveFlowCookie(ctx, c, { flow, maxAgeSeconds: FLOW_SECONDS });
      c.header("cache-control", "no-store");
      return c.redirect(url, 302);
    })
    .openapi(callbackRoute, async (c) => {
      const { error_description: errorDescription, ...query } = c.req.valid("query");
      const callback = { ...query, errorDescription, flow: readFlowCookie(ctx, c) };
      const session = await finishSignIn(ctx, client, callback, originOf(c));
      takeFlowCookie(ctx, c);
      giveSessionCookie(ctx, c, session);
      for (const [name, value] of Object.entries(PAGE_HEADERS)) c.header(name, value);
      return c.html(pageTo(session.returnTo), 200);
    });
}

/** The address of this page has the code in it, which was used up just now: it goes no further. */
const PAGE_HEADERS = {
  "cache-control": "no-store",
  "referrer-policy": "no-referrer",
  "content-security-policy": "default-src 'none'",
};

/**
 * A page and not a redirect: the browser came from another site, and with a redirect it would not
 * send the session's cookie (SameSite=Strict) with the next request either.
 */
function pageTo(path: string): string {
  const safe = path.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Signed in</title>` +
    `<meta http-equiv="refresh" content="0;url=${safe}"><a href="${safe}">Go on</a></html>`;
}
