import { createRoute, z } from "@hono/zod-openapi";
import type { RegionContext } from "@/region/context.ts";
import {
  getBmcScan,
  listSiteBmcScans,
  viewBmcScan,
} from "@/region/services/bmc_scans/read_bmc_scans.ts";
import { startBmcScan } from "@/region/services/bmc_scans/start_bmc_scan.ts";
import { FoundBmc } from "@/shared/contract/bmc_scan.ts";
import { Sha256 } from "./bmc_schema.ts";
import { body, createApi, created, ok, requires, TextId } from "./api.ts";

const BmcScan = z.object({
  id: z.string(),
  siteId: z.string(),
  cidr: z.string(),
  state: z.enum(["running", "done", "failed"]),
  askedAt: z.string(),
  endedAt: z.string().nullable(),
  /** Why it failed. */
  message: z.string().nullable(),
  /** What answered; `machine`: the system id of the machine that is known to have this BMC. */
  found: z.array(FoundBmc.extend({
    certificateSha256: Sha256.optional().openapi({ example: "9a64aaec".repeat(8) }),
    machine: z.string().nullable(),
  })),
});

const startRoute = createRoute({
  method: "post",
  path: "/sites/{siteId}/bmc-scans",
  tags: ["bmc-scans"],
  summary: "Look through a network of the site for BMCs",
  description:
    "The site's agent asks every address whether it speaks IPMI (an ASF presence ping) or " +
    "Redfish (the service root), without any password. What answers is listed; give it to a machine " +
    "with PATCH /machines/{systemId}, with the certificateSha256 that was seen here.",
  ...requires("admin"),
  request: {
    params: z.object({ siteId: TextId }),
    body: body(
      z.strictObject({ cidr: z.string().max(18) }).openapi({
        example: { cidr: "10.21.0.0/24" },
      }),
    ),
  },
  responses: created(BmcScan, "The scan, under way"),
});

const listRoute = createRoute({
  method: "get",
  path: "/sites/{siteId}/bmc-scans",
  tags: ["bmc-scans"],
  summary: "The site's scans for BMCs, the newest first",
  ...requires("operator"),
  request: { params: z.object({ siteId: TextId }) },
  responses: ok(z.object({ bmcScans: z.array(BmcScan) }), "The newest 50"),
});

const getRoute = createRoute({
  method: "get",
  path: "/bmc-scans/{bmcScanId}",
  tags: ["bmc-scans"],
  summary: "One scan, with what it found",
  ...requires("operator"),
  request: { params: z.object({ bmcScanId: TextId }) },
  responses: ok(BmcScan, "The scan"),
});

export function bmcScanRoutes(ctx: RegionContext) {
  return createApi()
    .openapi(startRoute, async (c) => {
      const input = { ...c.req.valid("param"), ...c.req.valid("json") };
      const scan = await startBmcScan(ctx, c.get("caller"), input);
      return c.json(await viewBmcScan(ctx, scan), 201);
    })
    .openapi(listRoute, async (c) => {
      const { siteId } = c.req.valid("param");
      return c.json({ bmcScans: await listSiteBmcScans(ctx, c.get("caller"), siteId) }, 200);
    })
    .openapi(getRoute, async (c) => {
      const { bmcScanId } = c.req.valid("param");
      return c.json(await getBmcScan(ctx, c.get("caller"), bmcScanId), 200);
    });
}
