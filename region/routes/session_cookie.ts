import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import type { RegionContext } from "@/region/context.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";

/** A header that only scripts of our own pages can send: to others the browser says no first. */
export const CSRF_HEADER = "x-rackwright-csrf";

/**
 * Gives the session to the browser so that no script can read it (RFC 6265 §4.1.2.6) and no other
 * site can use it. Over https its name has the prefix `__Host-`: no other host can have set it.
 */
export function giveSessionCookie(
  ctx: RegionContext,
  c: Context,
  session: { token: string; expiresAt: Date },
): void {
  setCookie(c, cookieName(ctx), session.token, { ...attributes(ctx), expires: session.expiresAt });
}

export function takeSessionCookie(ctx: RegionContext, c: Context): void {
  deleteCookie(c, cookieName(ctx), attributes(ctx));
}

/** The session's token as the browser sent it; undefined when it sent none. */
export function readSessionCookie(ctx: RegionContext, c: Context): string | undefined {
  return getCookie(c, cookieName(ctx));
}

/**
 * Gives the browser what it keeps for us while somebody signs in at the provider. `Lax`, for it comes
 * back with a link of another site (RFC 6265bis §5.6.7.2); what is in it is sealed.
 */
export function giveFlowCookie(
  ctx: RegionContext,
  c: Context,
  { flow, maxAgeSeconds }: { flow: string; maxAgeSeconds: number },
): void {
  setCookie(c, flowCookieName(ctx), flow, { ...flowAttributes(ctx), maxAge: maxAgeSeconds });
}

export function takeFlowCookie(ctx: RegionContext, c: Context): void {
  deleteCookie(c, flowCookieName(ctx), flowAttributes(ctx));
}

export function readFlowCookie(ctx: RegionContext, c: Context): string | undefined {
  return getCookie(c, flowCookieName(ctx));
}

/**
 * Refuses a write that another site could have made the browser send.
 *
 * Three locks, any of which would do: SameSite=Strict on the cookie; a header of ours, for which a
 * page of another origin would need leave by CORS, that nobody gets; and what the browser itself
 * says of the sender (`Sec-Fetch-Site`, `Origin`), where it does. Throws `forbidden`.
 */
export function refuseForgery(ctx: RegionContext, request: Request): void {
  const { headers } = request;
  if (headers.get(CSRF_HEADER) === null) {
    throw forged(CSRF_HEADER, "(absent)", "any value: send it with every write by cookie");
  }
  const site = headers.get("sec-fetch-site");
  if (site !== null && site !== "same-origin") throw forged("Sec-Fetch-Site", site, "same-origin");
  const origin = headers.get("origin");
  if (origin !== null && !isOurs(ctx, request, origin)) {
    throw forged("Origin", origin, new URL(ctx.publicUrl).origin);
  }
}

/** Ours is the public URL; and the host that was asked, for people reach a region by other names. */
function isOurs(ctx: RegionContext, request: Request, origin: string): boolean {
  const host = URL.parse(origin)?.host;
  return origin === new URL(ctx.publicUrl).origin ||
    (host !== undefined && host === request.headers.get("host"));
}

function attributes(ctx: RegionContext) {
  return { path: "/", httpOnly: true, secure: isSecure(ctx), sameSite: "Strict" } as const;
}

function flowAttributes(ctx: RegionContext) {
  return { ...attributes(ctx), sameSite: "Lax" } as const;
}

function flowCookieName(ctx: RegionContext): string {
  return `${cookieName(ctx)}-sign-in`;
}

function cookieName(ctx: RegionContext): string {
  return isSecure(ctx) ? "__Host-rackwright" : "rackwright";
}

function isSecure(ctx: RegionContext): boolean {
  return ctx.publicUrl.startsWith("https:");
}

function forged(field: string, value: string, accepted: string): DomainError {
  return new DomainError({
    kind: "forbidden",
    code: "caller.forged_request",
    message: `a browser's session changes things only from the region's own pages: ${field}`,
    field,
    value: value.slice(0, 100),
    accepted,
  });
}
