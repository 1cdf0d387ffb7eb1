import { createRoute, z } from "@hono/zod-openapi";
import type { RegionContext } from "@/region/context.ts";
import {
  createDomain,
  deleteDomain,
  type DomainView,
  getDomain,
  listDomains,
  updateDomain,
} from "@/region/services/dns/manage_domains.ts";
import {
  body,
  createApi,
  created,
  etag,
  IfMatch,
  Limit,
  ok,
  REMOVED,
  requires,
  RowId,
} from "./api.ts";
import { Cursor, Description, NextCursor } from "./network_schema.ts";

/** Seconds; null: the next wider word on it. */
export const Ttl = z.int().min(1).max(604_800).nullable().openapi({
  description: "Seconds; null: a record's is its domain's, a domain's is 300",
});

/** The domain that a machine or device is in, by name. */
export const DomainOfHost = z.string().min(1).max(255).nullable().openapi({
  description: "A domain's name; null: the default one",
});

const Domain = z.object({
  id: z.int(),
  name: z.string(),
  ttl: z.int().nullable(),
  isAuthoritative: z.boolean().openapi({ description: "The region makes its zone" }),
  isDefault: z.boolean().openapi({ description: "Whoever nobody put elsewhere is in it" }),
  description: z.string(),
  recordCount: z.int(),
  version: z.int(),
  createdAt: z.string(),
});
const fields = {
  name: z.string().min(1).max(255).openapi({
    description: "Such as rack1.example.com; other scripts as A-labels (xn--…)",
    example: "rack1.example.com",
  }),
  ttl: Ttl.optional(),
  isAuthoritative: z.boolean().optional(),
  isDefault: z.literal(true).optional().openapi({
    description: "There is always one: to change it, make another one the default",
  }),
  description: Description.optional(),
};
const params = z.object({ domainId: RowId });
const tags = ["dns"];

const listRoute = createRoute({
  method: "get",
  path: "/domains",
  tags,
  summary: "DNS domains, in the order of their making",
  ...requires("viewer"),
  request: { query: z.strictObject({ cursor: Cursor, limit: Limit }) },
  responses: ok(z.object({ domains: z.array(Domain), nextCursor: NextCursor }), "Domains"),
});

const createDomainRoute = createRoute({
  method: "post",
  path: "/domains",
  tags,
  summary: "Make a domain",
  ...requires("admin"),
  request: { body: body(z.strictObject(fields)) },
  responses: created(Domain, "The domain"),
});

const getRoute = createRoute({
  method: "get",
  path: "/domains/{domainId}",
  tags,
  summary: "One domain",
  ...requires("viewer"),
  request: { params },
  responses: ok(Domain, "The domain"),
});

const updateRoute = createRoute({
  method: "patch",
  path: "/domains/{domainId}",
  tags,
  summary: "Change a domain; renamed, it takes its names along, but not what records point to",
  ...requires("admin"),
  request: {
    params,
    headers: IfMatch,
    body: body(z.strictObject({ ...fields, name: fields.name.optional() })),
  },
  responses: ok(Domain, "The domain"),
});

const deleteRoute = createRoute({
  method: "delete",
  path: "/domains/{domainId}",
  tags,
  summary: "Remove a domain with its records; not the default one, nor one with machines",
  ...requires("admin"),
  request: { params, headers: IfMatch },
  responses: REMOVED,
});

export function domainRoutes(ctx: RegionContext) {
  return createApi()
    .openapi(listRoute, async (c) => {
      const page = await listDomains(ctx, c.get("caller"), c.req.valid("query"));
      return c.json({ ...page, domains: page.domains.map(viewDomain) }, 200);
    })
    .openapi(createDomainRoute, async (c) => {
      const domain = await createDomain(ctx, c.get("caller"), c.req.valid("json"));
      return c.json(viewDomain(domain), 201, etag(domain));
    })
    .openapi(getRoute, async (c) => {
      const domain = await getDomain(ctx, c.get("caller"), c.req.valid("param").domainId);
      return c.json(viewDomain(domain), 200, etag(domain));
    })
    .openapi(updateRoute, async (c) => {
      const ifVersion = c.req.valid("header")["if-match"];
      const input = { ...c.req.valid("param"), ...c.req.valid("json"), ifVersion };
      const domain = await updateDomain(ctx, c.get("caller"), input);
      return c.json(viewDomain(domain), 200, etag(domain));
    })
    .openapi(deleteRoute, async (c) => {
      const ifVersion = c.req.valid("header")["if-match"];
      await deleteDomain(ctx, c.get("caller"), { ...c.req.valid("param"), ifVersion });
      return c.body(null, 204);
    });
}

function viewDomain(domain: DomainView) {
  return { ...domain, createdAt: domain.createdAt.toISOString() };
}
