import { createRoute, z } from "@hono/zod-openapi";
import type { RegionContext } from "@/region/context.ts";
import {
  addSshKey,
  listSshKeys,
  removeSshKey,
  type SshKeyView,
  updateSshKey,
} from "@/region/services/ssh_keys/manage_ssh_keys.ts";
import {
  body,
  createApi,
  created,
  etag,
  IfMatch,
  Limit,
  ok,
  oneLine,
  REMOVED,
  requires,
  RowId,
} from "./api.ts";

const SshKey = z.object({
  id: z.int(),
  key: z.string(),
  comment: z.string(),
  fingerprint: z.string().openapi({ description: "As ssh-keygen -l shows it: SHA256:..." }),
  createdAt: z.string(),
  version: z.int(),
});
const tags = ["identity"];

const listRoute = createRoute({
  method: "get",
  path: "/ssh-keys",
  tags,
  summary: "My keys",
  ...requires("viewer"),
  request: { query: z.strictObject({ limit: Limit }) },
  responses: ok(z.object({ sshKeys: z.array(SshKey), nextCursor: z.null() }), "Keys"),
});

const addRoute = createRoute({
  method: "post",
  path: "/ssh-keys",
  tags,
  summary: "Add a key of mine; machines deployed for me from now on let it in",
  ...requires("viewer"),
  request: { body: body(z.strictObject({ key: z.string().min(1).max(16_384) })) },
  responses: created(SshKey, "The key"),
});

const updateRoute = createRoute({
  method: "patch",
  path: "/ssh-keys/{keyId}",
  tags,
  summary: "Change the remark at a key of mine",
  ...requires("viewer"),
  request: {
    params: z.object({ keyId: RowId }),
    headers: IfMatch,
    body: body(z.strictObject({ comment: oneLine(256) })),
  },
  responses: ok(SshKey, "The key"),
});

const deleteRoute = createRoute({
  method: "delete",
  path: "/ssh-keys/{keyId}",
  tags,
  summary: "Remove a key of mine",
  ...requires("viewer"),
  request: { params: z.object({ keyId: RowId }) },
  responses: REMOVED,
});

export function sshKeyRoutes(ctx: RegionContext) {
  return createApi()
    .openapi(listRoute, async (c) => {
      const keys = await listSshKeys(ctx, c.get("caller"), c.req.valid("query").limit);
      return c.json({ sshKeys: keys.map(viewKey), nextCursor: null }, 200);
    })
    .openapi(addRoute, async (c) => {
      const { key } = c.req.valid("json");
      return c.json(viewKey(await addSshKey(ctx, c.get("caller"), key)), 201);
    })
    .openapi(updateRoute, async (c) => {
      const ifVersion = c.req.valid("header")["if-match"];
      const input = { ...c.req.valid("param"), ...c.req.valid("json"), ifVersion };
      const key = await updateSshKey(ctx, c.get("caller"), input);
      return c.json(viewKey(key), 200, etag(key));
    })
    .openapi(deleteRoute, async (c) => {
      await removeSshKey(ctx, c.get("caller"), c.req.valid("param").keyId);
      return c.body(null, 204);
    });
}

function viewKey(key: SshKeyView) {
  return { ...key, createdAt: key.createdAt.toISOString() };
}
