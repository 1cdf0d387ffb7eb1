import { createRoute, z } from "@hono/zod-openapi";
import type { RegionContext } from "@/region/context.ts";
import {
  checkProvider,
  getProvider,
  type ProviderView,
  putProvider,
  removeProvider,
} from "@/region/services/oidc/manage_provider.ts";
import type { ProviderClient } from "@/region/services/oidc/provider_client.ts";
import { ROLES } from "@/shared/machine/lifecycle.ts";
import { body, createApi, etag, IfMatch, ok, oneLine, REMOVED, requires } from "./api.ts";

const Claim = oneLine(256, 1);
const Value = oneLine(256, 1);
const fields = {
  isEnabled: z.boolean().default(true),
  label: oneLine(64, 1).default("Single sign-on").openapi({ description: "What is on the button" }),
  issuer: z.string().min(1).max(1024).openapi({
    description: "As the provider's metadata has it",
    example: "https://login.example.com/realms/main",
  }),
  clientId: oneLine(256, 1),
  scopes: z.array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,128}$/, "one scope, no spaces"))
    .max(16).default(["profile", "email"]).openapi({ description: "Besides openid" }),
  usernameClaim: Claim.default("preferred_username"),
  groupsClaim: Claim.nullable().default(null).openapi({
    description: "The claim that mappings look at; by name, or by a path such as realm.roles",
  }),
  roleMappings: z.array(z.strictObject({ value: Value, role: z.enum(ROLES) })).max(100).default([])
    .openapi({
      description: "The strongest that fits is the user's role from each sign-in on; none: roles " +
        "are set here",
    }),
  groupMappings: z.array(z.strictObject({ value: Value, groupId: z.int().min(1).max(2 ** 31 - 1) }))
    .max(200).default([]).openapi({
      description: "Membership of these groups follows the claim at each sign-in",
    }),
  defaultRole: z.enum(["viewer", "operator"]).nullable().default(null).openapi({
    description: "Where no mapping fits; null: nobody is let in without one",
  }),
  createsUsers: z.boolean().default(false).openapi({
    description:
      "Makes a user for whoever comes and has none; false: users are invited, by their " +
      "oidcEmail",
  }),
  limitsNewUsers: z.boolean().default(false).openapi({
    description: "Users made so see only the machines of their groups' pools",
  }),
  emailDomains: z.array(
    z.string().regex(/^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$/, "a domain such as example.com").max(253),
  ).max(50).default([]).openapi({
    description: "Lets in only people with a verified address of one of these; none: all",
  }),
};

const Provider = z.object({
  isEnabled: z.boolean(),
  label: z.string(),
  issuer: z.string(),
  clientId: z.string(),
  hasClientSecret: z.boolean(),
  scopes: z.array(z.string()),
  usernameClaim: z.string(),
  groupsClaim: z.string().nullable(),
  roleMappings: z.array(z.object({ value: z.string(), role: z.enum(ROLES) })),
  groupMappings: z.array(z.object({ value: z.string(), groupId: z.int() })),
  defaultRole: z.enum(["viewer", "operator"]).nullable(),
  createsUsers: z.boolean(),
  limitsNewUsers: z.boolean(),
  emailDomains: z.array(z.string()),
  redirectUri: z.string().openapi({ description: "The provider must know it beforehand" }),
  changedAt: z.string(),
  version: z.int(),
});

const admin = { tags: ["identity"], ...requires("admin") };
const path = "/identity-provider";

const getRoute = createRoute({
  method: "get",
  path,
  summary: "The OpenID provider that people may sign in with",
  ...admin,
  responses: ok(Provider, "The provider"),
});

const putRoute = createRoute({
  method: "put",
  path,
  summary: "Set up the OpenID provider, or change it whole",
  ...admin,
  request: {
    headers: IfMatch,
    body: body(z.strictObject({
      ...fields,
      clientSecret: z.string().min(1).max(1024).nullable().optional().openapi({
        description: "Absent: the one before stays. null: a public client, which has only PKCE",
      }),
    })),
  },
  responses: ok(Provider, "The provider"),
});

const deleteRoute = createRoute({
  method: "delete",
  path,
  summary: "Let nobody sign in by the provider any more; users stay as they are",
  ...admin,
  request: { headers: IfMatch },
  responses: REMOVED,
});

const checkRoute = createRoute({
  method: "post",
  path: `${path}/check`,
  summary: "Ask the provider for its metadata and keys, now",
  ...admin,
  responses: ok(
    z.object({
      issuer: z.string(),
      authorizationEndpoint: z.string(),
      tokenEndpoint: z.string(),
      userinfoEndpoint: z.string().nullable(),
      keys: z.int(),
      redirectUri: z.string(),
    }),
    "What it says of itself",
  ),
});

export function identityProviderRoutes(ctx: RegionContext, client: ProviderClient) {
  return createApi()
    .openapi(getRoute, async (c) => {
      const view = await getProvider(ctx, c.get("caller"));
      return c.json(viewProvider(view), 200, etag(view));
    })
    .openapi(putRoute, async (c) => {
      const ifVersion = c.req.valid("header")["if-match"];
      const view = await putProvider(ctx, c.get("caller"), { ...c.req.valid("json"), ifVersion });
      return c.json(viewProvider(view), 200, etag(view));
    })
    .openapi(deleteRoute, async (c) => {
      await removeProvider(ctx, c.get("caller"), c.req.valid("header")["if-match"]);
      return c.body(null, 204);
    })
    .openapi(checkRoute, async (c) => {
      return c.json(await checkProvider(ctx, c.get("caller"), client), 200);
    });
}

function viewProvider(view: ProviderView) {
  return {
    ...view,
    scopes: [...view.scopes],
    roleMappings: [...view.roleMappings],
    groupMappings: [...view.groupMappings],
    emailDomains: [...view.emailDomains],
    changedAt: view.changedAt.toISOString(),
  };
}
