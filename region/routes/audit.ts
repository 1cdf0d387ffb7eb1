import { createRoute, z } from "@hono/zod-openapi";
import type { RegionContext } from "@/region/context.ts";
import { listEntries } from "@/region/services/audit/list_entries.ts";
import { verifyAudit } from "@/region/services/audit/verify_chain.ts";
import { createApi, Limit, ok, requires, RowId } from "./api.ts";

const AuditEntry = z.object({
  id: z.int(),
  at: z.string(),
  userId: z.int().nullable().openapi({ description: "null: the region itself" }),
  username: z.string(),
  remoteAddress: z.string().nullable(),
  requestId: z.string().nullable(),
  action: z.string().openapi({ example: "site.update" }),
  kind: z.string(),
  objectId: z.string(),
  objectName: z.string().nullable(),
  before: z.unknown().openapi({ description: "As it was, without secrets; null: it was made" }),
  after: z.unknown().openapi({ description: "As it is, without secrets; null: it was removed" }),
  position: z.int().nullable().openapi({ description: "In the chain; null: not sealed yet" }),
  hash: z.string().nullable(),
});
/** What PostgreSQL and `Date` both hold, to the millisecond. */
const Moment = z.iso.datetime({ offset: true })
  .refine((text) => Date.parse(text) >= 0 && Date.parse(text) < Date.UTC(9999), {
    error: "use a time from 1970 to 9998",
  })
  .transform((text) => new Date(text));
const Place = z.object({ position: z.int(), hash: z.string() });
const tags = ["audit"];

const listRoute = createRoute({
  method: "get",
  path: "/audit",
  tags,
  summary: "Who changed what, newest first",
  ...requires("admin"),
  request: {
    query: z.strictObject({
      kind: z.string().min(1).max(64).optional().openapi({ example: "machine" }),
      objectId: z.string().min(1).max(64).optional().openapi({ description: "Of that kind" }),
      action: z.string().min(1).max(64).optional().openapi({ example: "machine.deploy" }),
      userId: RowId.optional(),
      since: Moment.optional(),
      until: Moment.optional(),
      cursor: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER).optional(),
      limit: Limit,
    }),
  },
  responses: ok(
    z.object({ entries: z.array(AuditEntry), nextCursor: z.string().nullable() }),
    "A page of entries",
  ),
});

const verifyRoute = createRoute({
  method: "get",
  path: "/audit/verification",
  tags,
  summary: "Walk the whole chain, and name the first entry that is changed or missing",
  ...requires("admin"),
  responses: ok(
    z.object({
      isIntact: z.boolean(),
      checked: z.int(),
      firstBroken: z.object({
        position: z.int(),
        entryId: z.int().nullable(),
        reason: z.enum(["changed", "missing", "bad_seal"]),
      }).nullable(),
      base: Place,
      head: Place.openapi({ description: "Note it down elsewhere: it shows a cut-off end later" }),
    }),
    "What was found",
  ),
});

export function auditRoutes(ctx: RegionContext) {
  return createApi()
    .openapi(listRoute, async (c) => {
      const { cursor: beforeId, ...query } = c.req.valid("query");
      const found = await listEntries(ctx, c.get("caller"), { ...query, beforeId });
      const { entries, nextCursor } = found;
      const shown = entries.map((entry) => ({ ...entry, at: entry.at.toISOString() }));
      return c.json({ entries: shown, nextCursor }, 200);
    })
    .openapi(verifyRoute, async (c) => {
      return c.json(await verifyAudit(ctx, c.get("caller")), 200);
    });
}
