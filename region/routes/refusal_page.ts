import type { MiddlewareHandler } from "hono";
import { html } from "hono/html";
import { Problem } from "@/shared/contract/problem.ts";
import type { ApiEnv } from "./api.ts";

const HEADERS = {
  "content-type": "text/html; charset=utf-8",
  "cache-control": "no-store",
  "referrer-policy": "no-referrer",
  "content-security-policy": "default-src 'none'; style-src 'self'; frame-ancestors 'none'",
};

/**
 * For routes that a browser is sent to: a refusal is a page there, with its status as it was, and
 * not JSON. Programs, which do not ask for a page, get the problem.
 */
export function refusalPage(title: string): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    await next();
    const isRefused = c.res.headers.get("content-type")?.startsWith("application/problem+json");
    if (!isRefused || !c.req.header("accept")?.includes("text/html")) return;
    const { code, detail, accepted } = Problem.parse(await c.res.json());
    const page = html`
      <!doctype html>
      <html lang="en">
        <head>
          <meta charset="utf-8">
          <meta name="viewport" content="width=device-width, initial-scale=1">
          <title>${title} · Rackwright</title>
          <link rel="icon" href="/icon.svg" type="image/svg+xml">
          <link rel="stylesheet" href="/plain.css">
        </head>
        <body>
          <main>
      <h1>${title}</h1>
      <p>${sentence(detail)}</p>
      ${accepted === undefined ? "" : html`<p>Accepted: ${accepted}</p>`}
      <p><a href="/">Back to the sign-in page</a></p>
      <p class="more"><code>${code}</code> · request <code>${c.get("requestId") ?? ""}</code></p>
          </main>
        </body>
      </html>
    `;
    const { status, headers } = c.res;
    c.res = new Response(String(await page), { status, headers });
    for (const [name, value] of Object.entries(HEADERS)) c.res.headers.set(name, value);
    c.res.headers.delete("content-length");
  };
}

/** Problems begin in lower case, for programs put them behind a name. */
function sentence(text: string): string {
  const begun = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(begun) ? begun : `${begun}.`;
}
