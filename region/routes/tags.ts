import { createRoute, z } from "@hono/zod-openapi";
import type { RegionContext } from "@/region/context.ts";
import { createTag, deleteTag, updateTag } from "@/region/services/tags/change_tags.ts";
import { previewTag } from "@/region/services/tags/preview_tag.ts";
import { getTag, listTags, TAG_SORTS } from "@/region/services/tags/read_tags.ts";
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
import { listQuery, pageOf } from "./list_query.ts";
import { pick } from "./sparse_fields.ts";

const Tag = z.object({
  id: z.int(),
  name: z.string(),
  comment: z.string(),
  /** Null: put on machines by people. */
  definition: z.string().nullable(),
  /** The image's options come first, then each tag's in the order of their names. */
  kernelOptions: z.string(),
  /** Whether all machines have been held against the definition. */
  isEvaluated: z.boolean(),
  machineCount: z.int(),
  version: z.int(),
  createdAt: z.string(),
});

/** As MAAS names them. */
export const TagName = z.string().max(64).regex(/^[A-Za-z0-9_-]+$/, "use letters, digits, _ and -");
/** What can stand on a kernel command line as it is, in every boot loader. */
const KernelOptions = z.string().max(500).regex(
  /^[\w .,:=/@+-]*$/,
  "use kernel options such as quiet or iommu=pt",
);
const Definition = z.string().min(1).max(4096).openapi({
  description: "An expression over what was found in machines",
  example: 'memoryMib >= 65536 and cpu.model ~ "EPYC" and disks.any(not rotational)',
});
const NewTag = z.strictObject({
  name: TagName,
  /** Absent or null: put on machines by people. */
  definition: Definition.nullable().optional(),
  comment: z.string().max(1024).optional(),
  kernelOptions: KernelOptions.optional(),
});

const params = z.object({ tagId: RowId });
const tags = ["tags"];

const listRoute = createRoute({
  method: "get",
  path: "/tags",
  tags,
  summary: "Tags, in the order of their making",
  ...requires("viewer"),
  request: { query: z.strictObject(listQuery({ item: Tag, sorts: TAG_SORTS })) },
  responses: ok(pageOf("tags", Tag), "A page; nextCursor is null on the last"),
});

const createTagRoute = createRoute({
  method: "post",
  path: "/tags",
  tags,
  summary: "Make a tag",
  ...requires("admin"),
  request: { body: body(NewTag) },
  responses: created(Tag, "The tag"),
});

const getRoute = createRoute({
  method: "get",
  path: "/tags/{tagId}",
  tags,
  summary: "One tag",
  ...requires("viewer"),
  request: { params },
  responses: ok(Tag, "The tag"),
});

const updateRoute = createRoute({
  method: "patch",
  path: "/tags/{tagId}",
  tags,
  summary: "Change a tag",
  ...requires("admin"),
  request: { params, headers: IfMatch, body: body(NewTag.partial()) },
  responses: ok(Tag, "The tag"),
});

const deleteRoute = createRoute({
  method: "delete",
  path: "/tags/{tagId}",
  tags,
  summary: "Take a tag off all machines and forget it",
  ...requires("admin"),
  request: { params, headers: IfMatch },
  responses: REMOVED,
});

const previewRoute = createRoute({
  method: "post",
  path: "/tags/preview",
  tags,
  summary: "Which machines a definition would be for; changes nothing",
  ...requires("viewer"),
  request: {
    body: body(z.strictObject({
      definition: Definition,
      /** `nextCursor` of the answer before. */
      cursor: z.string().max(64).optional(),
      limit: Limit,
    })),
  },
  responses: ok(
    z.object({
      machines: z.array(z.object({ systemId: z.string(), hostname: z.string() })),
      /** How many machines this answer looked at; those never looked into match nothing. */
      examined: z.int(),
      nextCursor: z.string().nullable(),
    }),
    "Machines that match; nextCursor is null when all were looked at",
  ),
});

export function tagRoutes(ctx: RegionContext) {
  return createApi()
    .openapi(previewRoute, async (c) => {
      return c.json(await previewTag(ctx, c.get("caller"), c.req.valid("json")), 200);
    })
    .openapi(listRoute, async (c) => {
      const { fields, ...request } = c.req.valid("query");
      const { rows, nextCursor } = await listTags(ctx, c.get("caller"), request);
      return c.json({ tags: rows.map((row) => pick(row, fields)), nextCursor }, 200);
    })
    .openapi(createTagRoute, async (c) => {
      const tag = await createTag(ctx, c.get("caller"), c.req.valid("json"));
      return c.json(tag, 201, etag(tag));
    })
    .openapi(getRoute, async (c) => {
      const tag = await getTag(ctx, c.get("caller"), c.req.valid("param").tagId);
      return c.json(tag, 200, etag(tag));
    })
    .openapi(updateRoute, async (c) => {
      const ifVersion = c.req.valid("header")["if-match"];
      const input = { ...c.req.valid("param"), ...c.req.valid("json"), ifVersion };
      const tag = await updateTag(ctx, c.get("caller"), input);
      return c.json(tag, 200, etag(tag));
    })
    .openapi(deleteRoute, async (c) => {
      const ifVersion = c.req.valid("header")["if-match"];
      await deleteTag(ctx, c.get("caller"), { ...c.req.valid("param"), ifVersion });
      return c.body(null, 204);
    });
}
