import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createApp } from "@/region/app.ts";
import { readViewerFile } from "@/region/viewer_files.ts";
import { type RegionUnderTest, startRegionUnderTest } from "./region_under_test.ts";

/** As much of JSON Schema as the document has. */
interface Schema {
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
}

interface Body {
  readonly schema: Schema;
  readonly example?: unknown;
}

interface Described {
  readonly name: string;
  readonly requests: readonly [type: string, body: Body][];
  readonly answers: readonly [type: string, body: Body][];
}

let region: RegionUnderTest;
let operations: Described[];
beforeAll(async () => {
  region = await startRegionUnderTest();
  const { body } = await region.call("GET /api/v1/openapi.json", { as: null });
  operations = Object.entries<Record<string, never>>(body.paths).flatMap(([path, methods]) =>
    Object.entries<RawOperation>(methods).map(([method, { requestBody, responses }]) => ({
      name: `${method.toUpperCase()} ${path}`,
      requests: Object.entries(requestBody?.content ?? {}),
      answers: Object.entries(responses).filter(([status]) => status.startsWith("2"))
        .flatMap(([, { content = {} }]) => Object.entries(content)),
    }))
  );
});
afterAll(() => region.stop());

interface RawOperation {
  readonly requestBody?: { readonly content: Record<string, Body> };
  readonly responses: Record<string, { readonly content?: Record<string, Body> }>;
}

/** Where an example is not what its schema describes; undefined: nowhere. */
function misfit(schema: Schema, value: unknown, at: string): string | undefined {
  const branches = schema.anyOf ?? schema.oneOf;
  if (branches) {
    const faults = branches.map((each) => misfit(each, value, at));
    return faults.includes(undefined) ? undefined : faults[0];
  }
  if (schema.allOf) {
    return schema.allOf.map((each) => misfit(each, value, at)).find((fault) => fault);
  }
  const fault = faultOf(schema, value);
  if (fault) return `${at}: ${JSON.stringify(value)} ${fault}`;
  if (Array.isArray(value)) {
    return value.map((each, i) => misfit(schema.items ?? {}, each, `${at}[${i}]`))
      .find((fault) => fault);
  }
  if (typeof value !== "object" || value === null) return undefined;
  const { properties = {}, required = [], additionalProperties: more } = schema;
  const missing = required.find((name) => !(name in value));
  if (missing !== undefined) return `${at}.${missing} is missing`;
  return Object.entries(value).map(([name, each]) => {
    const inner = properties[name] ?? (typeof more === "object" ? more : undefined);
    if (inner) return misfit(inner, each, `${at}.${name}`);
    return schema.properties && more !== true ? `${at}.${name} is not described` : undefined;
  }).find((fault) => fault);
}

function faultOf(schema: Schema, value: unknown): string | undefined {
  const types = typeof schema.type === "string" ? [schema.type] : schema.type;
  if (types && !types.some((type) => isOf(type, value))) return `is not ${types.join(" or ")}`;
  if (schema.const !== undefined && value !== schema.const) return `is not ${schema.const}`;
  if (value !== null && schema.enum && !schema.enum.includes(value)) return "is not in the list";
  if (typeof value === "string") {
    const { pattern, minLength = 0, maxLength = Infinity } = schema;
    if (value.length < minLength || value.length > maxLength) return "has another length";
    if (pattern !== undefined && !new RegExp(pattern).test(value)) return `is not /${pattern}/`;
  }
  if (typeof value === "number") {
    const { minimum = -Infinity, maximum = Infinity } = schema;
    if (value < minimum || value > maximum) return `is not between ${minimum} and ${maximum}`;
  }
  if (!Array.isArray(value)) return undefined;
  const { minItems = 0, maxItems = Infinity } = schema;
  return value.length < minItems || value.length > maxItems ? "has another length" : undefined;
}

function isOf(type: string, value: unknown): boolean {
  if (type === "null") return value === null;
  if (type === "array") return Array.isArray(value);
  if (type === "object") {
    return typeof value === "object" && value !== null && !Array.isArray(value);
  }
  return type === "integer" ? Number.isInteger(value) : isPlain(type, value);
}

describe("the document's examples", () => {
  test("are there for every body, and are what their schemas describe", () => {
    const faults = operations.flatMap(({ name, requests, answers }) =>
      [...requests, ...answers].flatMap(([type, { schema, example }]) => {
        if (example === undefined) return [`${name}: ${type} has no example`];
        const fault = misfit(schema, example, "$");
        return fault === undefined ? [] : [`${name}: ${fault}`];
      })
    );
    expect(operations.length).toBeGreaterThan(150);
    expect(faults).toEqual([]);
  });

  test("of requests pass the checks of their routes", async () => {
    const refused: string[] = [];
    for (const { name, requests } of operations) {
      for (const [type, { example }] of requests) {
        // It would ask somebody else's host.
        if (/images\/imports|identity-provider|me\/password/.test(name)) continue;
        const body = typeof example === "string" ? example : JSON.stringify(example);
        const answer = await region.call(name.replaceAll(/\{\w+\}/g, "999999"), {
          body,
          headers: { "content-type": type },
        });
        const isRefused = /^request\./.test(answer.body?.code ?? "") || answer.status >= 500;
        if (isRefused) refused.push(`${name}: ${body} is answered ${answer.text}`);
      }
    }
    expect(refused).toEqual([]);
  });
});

describe("the viewer", () => {
  const get = async (path: string, hasFiles = true) =>
    await createApp({ ...region.ctx, ...(hasFiles ? { readViewerFile } : {}) }).request(path);

  test("is a page for everybody that loads nothing from elsewhere and runs no inline script", async () => {
    const page = await get("/api/v1/docs");
    expect([page.status, page.headers.get("content-type")]).toEqual([
      200,
      "text/html; charset=utf-8",
    ]);
    const csp = page.headers.get("content-security-policy") ?? "";
    expect(csp).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
    expect(csp).not.toMatch(/unsafe|https?:/);
    const html = await page.text();
    expect(html).not.toMatch(/https?:|<script>|<style|\son\w+=|\sstyle=/);
    const links = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link]) => link);
    for (const link of links) {
      const file = await get(new URL(String(link), "http://x/api/v1/docs").pathname);
      expect([link, file.status]).toEqual([link, 200]);
      await file.body?.cancel();
    }
    expect(links).toHaveLength(4);
  });

  test("says so where its files are not part of the installation", async () => {
    const answer = await get("/api/v1/docs/swagger-ui.css", false);
    expect([answer.status, (await answer.json()).code]).toEqual([404, "viewer.missing"]);
    expect((await get("/api/v1/docs/package.json")).status).toBe(404);
  });
});

function isPlain(type: string, value: unknown): boolean {
  const found: string = typeof value;
  return found === type;
}
