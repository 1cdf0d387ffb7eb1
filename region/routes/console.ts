import { Hono } from "hono";
import type { RegionContext } from "@/region/context.ts";
import type { ApiEnv } from "./api.ts";
import { problemResponse } from "./problem.ts";

/** Addresses that are never a page of the console. */
const OTHERS = /^\/(api|agent|MAAS|healthz|readyz|metrics)(\/|$)/;
/** Their names carry a hash of their content. */
const HASHED = /^assets\//;
const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
  woff2: "font/woff2",
};

/**
 * Nothing is loaded from elsewhere, nothing is run but the console's own files, and no other page
 * may show it in a frame. Styles are set by scripts through the CSSOM, which the policy allows.
 */
export const CONSOLE_HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; " +
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; " +
    "require-trusted-types-for 'script'",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "permissions-policy": "camera=(), microphone=(), geolocation=()",
};

/** The console's static files; every other address is one of its pages, which the browser knows. */
export function consoleRoutes({ readConsoleFile }: Pick<RegionContext, "readConsoleFile">) {
  const app = new Hono<ApiEnv>();
  app.get("*", async (c, next) => {
    const { path } = c.req;
    if (!readConsoleFile || OTHERS.test(path)) return await next();
    const name = path.slice(1);
    const file = name === "" ? undefined : await readConsoleFile(name);
    if (file) return c.body(file, 200, headersOf(name));
    if (looksLikeFile(name)) return await next();
    const page = await readConsoleFile("index.html");
    return page ? c.body(page, 200, headersOf("index.html")) : absent();
  });
  return app;
}

/** Of a page that the browser still has from before: it learns that the file is gone. */
function looksLikeFile(name: string): boolean {
  return HASHED.test(name) || /\.(js|css|svg|png|ico|map|woff2|txt|xml)$/.test(name);
}

function headersOf(name: string): Record<string, string> {
  const type = TYPES[name.slice(name.lastIndexOf(".") + 1)] ?? "application/octet-stream";
  const cache = HASHED.test(name) ? "public, max-age=31536000, immutable" : "no-cache";
  return { ...CONSOLE_HEADERS, "content-type": type, "cache-control": cache };
}

function absent(): Response {
  return problemResponse({
    status: 503,
    code: "console.not_built",
    detail: "the console is not part of this installation; `deno task build:console` makes it. " +
      "The API is at /api/v1",
  });
}
