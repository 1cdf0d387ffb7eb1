import { createRoute, z } from "@hono/zod-openapi";
import type { RegionContext } from "@/region/context.ts";
import {
  changeSetting,
  getSetting,
  listSettings,
  type SettingView,
} from "@/region/services/settings/manage_settings.ts";
import { body, createApi, etag, IfMatch, ok, requires } from "./api.ts";

const Value = z.union([
  z.number(),
  z.boolean(),
  z.string().max(4096),
  z.array(z.string().max(256)).max(64),
  z.null(),
]).openapi({
  description:
    "As `kind` says: number, flag, text, one of `choices`, addresses; null where it may be",
  example: 12,
});

const Setting = z.object({
  name: z.string(),
  value: Value,
  isDefault: z.boolean().openapi({ description: "Nobody has set it, or it was reset" }),
  default: Value,
  description: z.string(),
  kind: z.enum(["number", "flag", "text", "choice", "addresses"]),
  accepted: z.string().openapi({ description: "What it takes, in words" }),
  minimum: z.number().nullable(),
  maximum: z.number().nullable().openapi({ description: "Of a list: how many" }),
  choices: z.array(z.string()).nullable(),
  isNullable: z.boolean(),
  changedAt: z.string().nullable(),
  version: z.int(),
});

const params = z.object({
  settingName: z.string().min(1).max(64).openapi({ example: "sessionHours" }),
});
const admin = { tags: ["settings"], ...requires("admin") };

const listRoute = createRoute({
  method: "get",
  path: "/settings",
  summary: "Every setting of the region, with its default and limits",
  ...admin,
  responses: ok(
    z.object({ settings: z.array(Setting), nextCursor: z.null() }),
    "Settings, on one page",
  ),
});

const getRoute = createRoute({
  method: "get",
  path: "/settings/{settingName}",
  summary: "One setting",
  ...admin,
  request: { params },
  responses: ok(Setting, "The setting"),
});

const changeRoute = createRoute({
  method: "patch",
  path: "/settings/{settingName}",
  summary: "Set it; in force with the next request",
  ...admin,
  request: { params, headers: IfMatch, body: body(z.strictObject({ value: Value })) },
  responses: ok(Setting, "The setting"),
});

const resetRoute = createRoute({
  method: "delete",
  path: "/settings/{settingName}",
  summary: "Put it back to its default",
  ...admin,
  request: { params, headers: IfMatch },
  responses: ok(Setting, "The setting, at its default"),
});

export function settingRoutes(ctx: RegionContext) {
  return createApi()
    .openapi(listRoute, async (c) => {
      const settings = await listSettings(ctx, c.get("caller"));
      return c.json({ settings: settings.map(viewSetting), nextCursor: null }, 200);
    })
    .openapi(getRoute, async (c) => {
      const view = await getSetting(ctx, c.get("caller"), c.req.valid("param").settingName);
      return c.json(viewSetting(view), 200, etag(view));
    })
    .openapi(changeRoute, async (c) => {
      const view = await changeSetting(ctx, c.get("caller"), {
        name: c.req.valid("param").settingName,
        value: c.req.valid("json").value,
        ifVersion: c.req.valid("header")["if-match"],
      });
      return c.json(viewSetting(view), 200, etag(view));
    })
    .openapi(resetRoute, async (c) => {
      const view = await changeSetting(ctx, c.get("caller"), {
        name: c.req.valid("param").settingName,
        ifVersion: c.req.valid("header")["if-match"],
      });
      return c.json(viewSetting(view), 200, etag(view));
    });
}

function viewSetting(view: SettingView) {
  const list = <T>(value: T) => (Array.isArray(value) ? [...value] : value);
  return {
    ...view,
    value: list(view.value) as z.infer<typeof Value>,
    choices: view.choices && [...view.choices],
    default: list(view.default) as z.infer<typeof Value>,
    changedAt: view.changedAt?.toISOString() ?? null,
  };
}
