import { createRoute, z } from "@hono/zod-openapi";
import type { RegionContext } from "@/region/context.ts";
import {
  addSshKey,
  listSshKeys,
  removeSshKey,
} from "@/region/services/ssh_keys/manage_ssh_keys.ts";
import { body, createApi, created, Limit, ok, REMOVED, requires, RowId } from "./api.ts";

const SshKey = z.object({ id: z.int(), key: z.string(), comment: z.string() });
const tags = ["identity"];

const listRoute = createRoute({
  method: "get",
  path: "/ssh-keys",
  tags,
  summary: "My keys",
  ...requires("viewer"),
  request: { query: z.strictObject({ limit: Limit }) },
  responses: ok(z.object({ sshKeys: z.array(SshKey) }), "Keys"),
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
      return c.json({ sshKeys: keys.map(viewKey) }, 200);
    })
    .openapi(addRoute, async (c) => {
      const { key } = c.req.valid("json");
      return c.json(viewKey(await addSshKey(ctx, c.get("caller"), key)), 201);
    })
    .openapi(deleteRoute, async (c) => {
      await removeSshKey(ctx, c.get("caller"), c.req.valid("param").keyId);
      return c.body(null, 204);
    });
}

function viewKey({ id, key, comment }: { id: number; key: string; comment: string }) {
  return { id, key, comment };
}
