import type { Context, MiddlewareHandler } from "hono";
import type { RegionContext } from "@/region/context.ts";
import { authenticate } from "@/region/services/identity/authenticate.ts";
import type { Origin } from "@/region/services/identity/open_session.ts";
import type { ApiEnv } from "./api.ts";
import { readSessionCookie, refuseForgery } from "./session_cookie.ts";

/** RFC 9110 §9.2.1. */
const SAFE_METHODS = ["GET", "HEAD", "OPTIONS"];

/** Puts the caller into the context; refuses requests without credentials, but for `isPublic`. */
export function authentication(
  ctx: RegionContext,
  isPublic: (request: { method: string; path: string }) => boolean,
): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    if (!isPublic({ method: c.req.method, path: c.req.path })) {
      const authorization = c.req.header("authorization");
      const cookie = authorization === undefined ? readSessionCookie(ctx, c) : undefined;
      const isWrite = !SAFE_METHODS.includes(c.req.method);
      const caller = await authenticate(ctx, { authorization, cookie, isWrite });
      if (cookie !== undefined && isWrite) refuseForgery(ctx, c.req.raw);
      const { remoteAddress } = originOf(c);
      c.set("caller", { ...caller, ...(remoteAddress === undefined ? {} : { remoteAddress }) });
    }
    await next();
  };
}

/** Where a request comes from, as far as the home tells. */
export function originOf(c: Context<ApiEnv>): Origin {
  const bindings: ApiEnv["Bindings"] | undefined = c.env; // absent where a test gives none
  return {
    remoteAddress: bindings?.remoteAddress,
    userAgent: c.req.header("user-agent"),
    requestId: c.get("requestId"),
  };
}
