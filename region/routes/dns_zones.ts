import { createRoute, z } from "@hono/zod-openapi";
import type { RegionContext } from "@/region/context.ts";
import {
  listReverseZones,
  readReverseZone,
  readZone,
  type ZoneFile,
} from "@/region/services/dns/read_zone.ts";
import { createApi, ok, REFUSALS, requires, RowId } from "./api.ts";

const ZONE_TYPE = "text/dns"; // RFC 4027
const subnetParams = z.object({ subnetId: RowId });
const tags = ["dns"];

/** With the entity tag of an earlier answer, only what changed since is sent. */
const IfNoneMatch = z.object({
  "if-none-match": z.string().max(200).optional().openapi({
    description: "The ETag of an earlier answer: 304 unless something but the serial changed",
  }),
});

const responses = {
  200: {
    description: "A master file (RFC 1035 §5); its serial is the time of asking, in seconds",
    content: { [ZONE_TYPE]: { schema: z.string() } },
  },
  304: { description: "As it was" },
  ...REFUSALS,
};

const zoneRoute = createRoute({
  method: "get",
  path: "/domains/{domainId}/zone",
  tags,
  summary: "The zone of a domain, to load into a DNS server: records, machines, devices",
  ...requires("viewer"),
  request: { params: z.object({ domainId: RowId }), headers: IfNoneMatch },
  responses,
});

const listRoute = createRoute({
  method: "get",
  path: "/subnets/{subnetId}/reverse-zones",
  tags,
  summary: "The names of a subnet's reverse zones",
  ...requires("viewer"),
  request: { params: subnetParams },
  responses: ok(
    z.object({ reverseZones: z.array(z.string()) }),
    "Names, such as 2.0.192.in-addr.arpa",
  ),
});

const reverseRoute = createRoute({
  method: "get",
  path: "/subnets/{subnetId}/reverse-zones/{zone}",
  tags,
  summary: "A reverse zone: the names of the subnet's addresses",
  ...requires("viewer"),
  request: {
    params: subnetParams.extend({ zone: z.string().min(1).max(255) }),
    headers: IfNoneMatch,
  },
  responses,
});

export function dnsZoneRoutes(ctx: RegionContext) {
  return createApi()
    .openapi(zoneRoute, async (c) => {
      const zone = await readZone(ctx, c.get("caller"), c.req.valid("param").domainId);
      return answer(zone, c.req.valid("header")["if-none-match"]);
    })
    .openapi(listRoute, async (c) => {
      const { subnetId } = c.req.valid("param");
      return c.json({ reverseZones: await listReverseZones(ctx, c.get("caller"), subnetId) }, 200);
    })
    .openapi(reverseRoute, async (c) => {
      const zone = await readReverseZone(ctx, c.get("caller"), c.req.valid("param"));
      return answer(zone, c.req.valid("header")["if-none-match"]);
    });
}

/** Weak, for the serial is not part of it: RFC 9110 §8.8.1. */
function answer({ text, digest }: ZoneFile, seen: string | undefined): Response {
  const etag = `W/"${digest}"`;
  const tags = seen?.split(",").map((tag) => tag.trim()) ?? [];
  if (tags.includes(etag)) return new Response(null, { status: 304, headers: { etag } });
  return new Response(text, { headers: { etag, "content-type": `${ZONE_TYPE}; charset=utf-8` } });
}
