import { Hono } from "hono";
import type { RegionContext } from "@/region/context.ts";
import type { ApiEnv } from "./api.ts";
import { problemResponse } from "./problem.ts";

/** What the page loads, all of it from here; the rest of the package is not served. */
const FILES: Readonly<Record<string, string>> = {
  "swagger-ui.css": "text/css; charset=utf-8",
  "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
};

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Rackwright API</title>
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<main id="api"></main>
<noscript>This page needs scripts. The document itself is at <a href="openapi.json">openapi.json</a>.</noscript>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
`;

/** No validator: it would send the document's address to others. A pasted key is in memory only. */
const START = `SwaggerUIBundle({
  url: new URL("openapi.json", location.href).href,
  dom_id: "#api",
  deepLinking: true,
  docExpansion: "none",
  defaultModelsExpandDepth: -1,
  filter: true,
  tryItOutEnabled: false,
  validatorUrl: null,
});
`;

/**
 * Nothing comes from anywhere else, and nothing in the page is run but the files above. Pictures are
 * in the style sheet, as data.
 */
const HEADERS = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
};
const CACHED = { ...HEADERS, "cache-control": "public, max-age=3600" };

/**
 * The API's document to read and try, at `/docs`. For everybody, as the document is: it says how to
 * ask, and whoever asks needs a key.
 */
export function apiViewerRoutes({ readViewerFile }: Pick<RegionContext, "readViewerFile">) {
  const api = new Hono<ApiEnv>();
  api.get(
    "/docs",
    (c) => c.body(PAGE, 200, { ...HEADERS, "content-type": "text/html; charset=utf-8" }),
  );
  api.get(
    "/docs/start.js",
    (c) => c.body(START, 200, { ...CACHED, "content-type": "text/javascript; charset=utf-8" }),
  );
  for (const [name, type] of Object.entries(FILES)) {
    api.get(`/docs/${name}`, async (c) => {
      const bytes = await readViewerFile?.(name);
      return bytes ? c.body(bytes, 200, { ...CACHED, "content-type": type }) : absent(name);
    });
  }
  return api;
}

function absent(name: string): Response {
  return problemResponse({
    status: 404,
    code: "viewer.missing",
    detail: `${name} is not part of this installation; the document is at /api/v1/openapi.json`,
  });
}
