import type { MiddlewareHandler } from "hono";
import type { RegionContext } from "@/region/context.ts";
import { authenticate } from "@/region/services/identity/authenticate.ts";
import type { ApiEnv } from "./api.ts";

/** Puts the caller into the context; refuses requests without credentials, but for `isPublic`. */
export function authentication(
  ctx: RegionContext,
  isPublic: (request: { method: string; path: string }) => boolean,
): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    if (!isPublic({ method: c.req.method, path: c.req.path })) {
      c.set("caller", await authenticate(ctx, c.req.header("authorization")));
    }
    await next();
  };
}
