import { createRoute, z } from "@hono/zod-openapi";
import type { RegionContext } from "@/region/context.ts";
import { createSite } from "@/region/services/sites/create_site.ts";
import { makeJoinToken } from "@/region/services/sites/make_join_token.ts";
import { getSite, listSites, SITE_SORTS } from "@/region/services/sites/read_sites.ts";
import { updateSite } from "@/region/services/sites/update_site.ts";
import { body, createApi, created, etag, IfMatch, ok, requires, TextId } from "./api.ts";
import { listQuery, pageOf } from "./list_query.ts";
import { pick } from "./sparse_fields.ts";

const Site = z.object({
  id: z.string(),
  name: z.string(),
  enlist: z.boolean(),
  /** What its agents fetch before a machine asks, as `os/release`; null: every image. */
  prefetch: z.array(z.string()).nullable(),
  version: z.int(),
  wantedGeneration: z.int(),
  publishedGeneration: z.int(),
  createdAt: z.string(),
});

const Name = z.string().min(1).max(64).regex(/^\S(.*\S)?$/, "no space at the ends, one line");
const Release = z.string().regex(
  /^[a-z0-9][a-z0-9._-]{0,62}\/[a-z0-9][a-z0-9._-]{0,62}$/,
  "use os/release as the images are named, such as ubuntu/noble",
);
const params = z.object({ siteId: TextId });
const tags = ["sites"];

const listRoute = createRoute({
  method: "get",
  path: "/sites",
  tags,
  summary: "Sites, by name",
  ...requires("viewer"),
  request: { query: z.strictObject(listQuery({ item: Site, sorts: SITE_SORTS })) },
  responses: ok(pageOf("sites", Site), "A page of sites"),
});

const createSiteRoute = createRoute({
  method: "post",
  path: "/sites",
  tags,
  summary: "Make a site",
  ...requires("admin"),
  request: { body: body(z.strictObject({ name: Name, enlist: z.boolean().optional() })) },
  responses: created(Site, "The site"),
});

const getRoute = createRoute({
  method: "get",
  path: "/sites/{siteId}",
  tags,
  summary: "One site",
  ...requires("viewer"),
  request: { params },
  responses: ok(Site, "The site"),
});

const updateRoute = createRoute({
  method: "patch",
  path: "/sites/{siteId}",
  tags,
  summary: "Rename a site, or change what it takes in and what its agents fetch ahead",
  ...requires("admin"),
  request: {
    params,
    headers: IfMatch,
    body: body(z.strictObject({
      name: Name.optional(),
      enlist: z.boolean().optional(),
      prefetch: z.array(Release).max(64).nullable().optional(),
    })),
  },
  responses: ok(Site, "The site"),
});

const DAY_SECONDS = 86_400;

const joinTokenRoute = createRoute({
  method: "post",
  path: "/sites/{siteId}/join-tokens",
  tags,
  summary: "Make a token that lets one host join the site",
  ...requires("admin"),
  request: {
    params,
    body: body(z.strictObject({
      expiresInSeconds: z.int().min(60).max(30 * DAY_SECONDS).default(DAY_SECONDS),
    })),
  },
  responses: created(
    z.object({ token: z.string(), expiresAt: z.string(), command: z.string() }),
    "The token, shown only now, and the command to run on the host",
  ),
});

export function siteRoutes(ctx: RegionContext) {
  return createApi()
    .openapi(listRoute, async (c) => {
      const { fields, ...request } = c.req.valid("query");
      const { rows, nextCursor } = await listSites(ctx, c.get("caller"), request);
      return c.json({ sites: rows.map((row) => pick(viewSite(row), fields)), nextCursor }, 200);
    })
    .openapi(createSiteRoute, async (c) => {
      return c.json(viewSite(await createSite(ctx, c.get("caller"), c.req.valid("json"))), 201);
    })
    .openapi(getRoute, async (c) => {
      const { siteId } = c.req.valid("param");
      const site = await getSite(ctx, c.get("caller"), siteId);
      return c.json(viewSite(site), 200, etag(site));
    })
    .openapi(updateRoute, async (c) => {
      const ifVersion = c.req.valid("header")["if-match"];
      const input = { ...c.req.valid("param"), ...c.req.valid("json"), ifVersion };
      const site = await updateSite(ctx, c.get("caller"), input);
      return c.json(viewSite(site), 200, etag(site));
    })
    .openapi(joinTokenRoute, async (c) => {
      const input = { ...c.req.valid("param"), ...c.req.valid("json") };
      const { token, expiresAt, command } = await makeJoinToken(ctx, c.get("caller"), input);
      return c.json({ token, expiresAt: expiresAt.toISOString(), command }, 201);
    });
}

function viewSite(site: Awaited<ReturnType<typeof getSite>>) {
  const { id, name, enlist, prefetch, version, wantedGeneration, publishedGeneration } = site;
  const createdAt = site.createdAt.toISOString();
  return { id, name, enlist, prefetch, version, wantedGeneration, publishedGeneration, createdAt };
}
