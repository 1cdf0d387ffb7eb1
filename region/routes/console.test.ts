import { Hono } from "hono";
import { expect, test } from "vitest";
import { consoleRoutes } from "./console.ts";

const FILES: Record<string, string> = {
  "index.html": "<!doctype html>the page",
  "assets/index-DlHG05b8.js": "code",
  "theme.js": "theme",
};

function consoleApp(files: Record<string, string> | undefined = FILES) {
  const readConsoleFile = (path: string) =>
    Promise.resolve(
      Object.hasOwn(files, path) ? new TextEncoder().encode(files[path]) : undefined,
    );
  const app = new Hono();
  app.notFound((c) => c.text("absent", 404));
  return app.route("/", consoleRoutes({ readConsoleFile }) as unknown as Hono);
}

test.each(["/", "/machines", "/machines/abc234/storage?x=1", "/no.such/page"])(
  "%s is a page, which is asked for anew each time",
  async (path) => {
    const response = await consoleApp().request(path);
    expect([response.status, await response.text()]).toEqual([200, "<!doctype html>the page"]);
    expect(response.headers.get("cache-control")).toBe("no-cache");
    expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
  },
);

test("nothing but the console's own files is run in its pages", async () => {
  const { headers } = await consoleApp().request("/");
  const policy = headers.get("content-security-policy") ?? "";
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("script-src 'self';");
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).not.toMatch(/unsafe|data:|https?:|\*/);
  expect(headers.get("x-content-type-options")).toBe("nosniff");
});

test("what is named by its content is kept for good; other files are asked for anew", async () => {
  const hashed = await consoleApp().request("/assets/index-DlHG05b8.js");
  expect(hashed.headers.get("cache-control")).toContain("immutable");
  expect(hashed.headers.get("content-type")).toBe("text/javascript; charset=utf-8");
  expect((await consoleApp().request("/theme.js")).headers.get("cache-control")).toBe("no-cache");
});

test.each([
  "/assets/index-gone.js",
  "/nosuch.js",
  "/assets/",
  "/api/v1/nothing",
  "/agent/v1/x",
  "/metrics",
  "/healthz",
])("%s is no page", async (path) => {
  expect((await consoleApp().request(path)).status).toBe(404);
});

test("a region without the console says how to get it", async () => {
  const response = await consoleApp({}).request("/machines");
  expect(response.status).toBe(503);
  expect(await response.json()).toMatchObject({ code: "console.not_built" });
});
