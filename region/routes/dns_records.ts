import { createRoute, z } from "@hono/zod-openapi";
import type { RegionContext } from "@/region/context.ts";
import {
  createRecord,
  deleteRecord,
  getRecord,
  listRecords,
  type RecordView,
  updateRecord,
} from "@/region/services/dns/manage_records.ts";
import { RECORD_TYPES } from "@/shared/net/dns_record_type.ts";
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
import { Ttl } from "./domains.ts";
import { Cursor, NextCursor } from "./network_schema.ts";

const Type = z.enum(RECORD_TYPES);
const DnsRecord = z.object({
  id: z.int(),
  domainId: z.int(),
  name: z.string(),
  fqdn: z.string(),
  type: Type,
  data: z.string(),
  ttl: z.int().nullable(),
  version: z.int(),
  createdAt: z.string(),
});
const Name = z.string().min(1).max(255).openapi({
  description: "Below the domain, such as www or *.apps; @ is the domain itself",
  example: "www",
});
const Data = z.string().min(1).max(16_000).openapi({
  description: "As in a zone file: 192.0.2.10, 10 mail.example.com. A name with a dot in it is " +
    "complete, one without lies in the domain. Of TXT the text, or strings in quotes.",
  example: "192.0.2.10",
});
const params = z.object({ domainId: RowId });
const recordParams = z.object({ domainId: RowId, recordId: RowId });
const tags = ["dns"];

const listRoute = createRoute({
  method: "get",
  path: "/domains/{domainId}/records",
  tags,
  summary: "What people wrote into a domain; the names of machines are in its zone",
  ...requires("viewer"),
  request: {
    params,
    query: z.strictObject({
      name: Name.optional(),
      type: Type.optional(),
      cursor: Cursor,
      limit: Limit,
    }),
  },
  responses: ok(z.object({ records: z.array(DnsRecord), nextCursor: NextCursor }), "Records"),
});

const createRecordRoute = createRoute({
  method: "post",
  path: "/domains/{domainId}/records",
  tags,
  summary: "Write a record",
  ...requires("admin"),
  request: {
    params,
    body: body(z.strictObject({ name: Name, type: Type, data: Data, ttl: Ttl.optional() })),
  },
  responses: created(DnsRecord, "The record"),
});

const getRoute = createRoute({
  method: "get",
  path: "/domains/{domainId}/records/{recordId}",
  tags,
  summary: "One record",
  ...requires("viewer"),
  request: { params: recordParams },
  responses: ok(DnsRecord, "The record"),
});

const updateRoute = createRoute({
  method: "patch",
  path: "/domains/{domainId}/records/{recordId}",
  tags,
  summary: "Change what a record says; its type stays",
  ...requires("admin"),
  request: {
    params: recordParams,
    headers: IfMatch,
    body: body(
      z.strictObject({ name: Name.optional(), data: Data.optional(), ttl: Ttl.optional() }),
    ),
  },
  responses: ok(DnsRecord, "The record"),
});

const deleteRoute = createRoute({
  method: "delete",
  path: "/domains/{domainId}/records/{recordId}",
  tags,
  summary: "Remove a record",
  ...requires("admin"),
  request: { params: recordParams, headers: IfMatch },
  responses: REMOVED,
});

export function dnsRecordRoutes(ctx: RegionContext) {
  return createApi()
    .openapi(listRoute, async (c) => {
      const query = { ...c.req.valid("param"), ...c.req.valid("query") };
      const page = await listRecords(ctx, c.get("caller"), query);
      return c.json({ ...page, records: page.records.map(viewRecord) }, 200);
    })
    .openapi(createRecordRoute, async (c) => {
      const input = { ...c.req.valid("param"), ...c.req.valid("json") };
      const record = await createRecord(ctx, c.get("caller"), input);
      return c.json(viewRecord(record), 201, etag(record));
    })
    .openapi(getRoute, async (c) => {
      const record = await getRecord(ctx, c.get("caller"), c.req.valid("param"));
      return c.json(viewRecord(record), 200, etag(record));
    })
    .openapi(updateRoute, async (c) => {
      const ifVersion = c.req.valid("header")["if-match"];
      const input = { ...c.req.valid("param"), ...c.req.valid("json"), ifVersion };
      const record = await updateRecord(ctx, c.get("caller"), input);
      return c.json(viewRecord(record), 200, etag(record));
    })
    .openapi(deleteRoute, async (c) => {
      const ifVersion = c.req.valid("header")["if-match"];
      await deleteRecord(ctx, c.get("caller"), { ...c.req.valid("param"), ifVersion });
      return c.body(null, 204);
    });
}

function viewRecord(record: RecordView) {
  return { ...record, createdAt: record.createdAt.toISOString() };
}
