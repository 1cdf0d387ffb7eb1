import { z } from "@hono/zod-openapi";
import { Hostname, Limit, RowId, TextId } from "./api.ts";
import { Address, Cursor, Description, RowBody } from "./network_schema.ts";

/** What every promised address shows, whomever it is promised to. */
export const PROMISE_FIELDS = {
  id: z.int(),
  subnetId: z.int(),
  ip: z.string(),
  mac: z.string().nullable(),
  hostname: z.string().nullable(),
  comment: z.string(),
  version: z.int(),
  createdAt: z.string(),
};

/** What a list of them can be asked for. */
export const PROMISE_QUERY = {
  subnetId: RowId.optional(),
  siteId: TextId.optional(),
  cursor: Cursor,
  limit: Limit,
};

/** What one is made of. */
export const NEW_PROMISE = {
  subnetId: RowBody,
  /** Absent: the lowest free one. */
  ip: Address.optional(),
  hostname: Hostname.optional(),
  comment: Description.optional(),
};
