import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RegionUnderTest, startRegionUnderTest } from "./region_under_test.ts";

let region: RegionUnderTest;
beforeAll(async () => {
  region = await startRegionUnderTest();
});
afterAll(() => region.stop());

const SITES = "POST /api/v1/sites";

interface Refused {
  readonly route: string;
  readonly body?: string;
  readonly headers?: Record<string, string>;
  readonly expected: { status: number; code: string; field?: string; value?: string };
}

const invalid = { status: 400, code: "request.invalid" };
const malformed = { status: 400, code: "request.malformed" };
const unsupported = { status: 415, code: "request.unsupported_media_type" };

const TABLE: Record<string, Refused> = {
  "a field twice": {
    route: SITES,
    body: '{"name":"a","name":"b"}',
    expected: { ...invalid, field: "name", value: "b" },
  },
  "a NUL character, which PostgreSQL cannot hold": {
    route: SITES,
    body: '{"name":"a\\u0000b"}',
    expected: { ...invalid, field: "name", value: "a\ufffdb" },
  },
  "half a surrogate pair": {
    route: SITES,
    body: '{"name":"\\udc00"}',
    expected: { ...invalid, field: "name" },
  },
  "a number that would lose digits": {
    route: "POST /api/v1/ip-ranges",
    body: '{"subnetId":9007199254740993,"kind":"dynamic","first":"a","last":"b"}',
    expected: { ...invalid, field: "subnetId" },
  },
  "lists within lists without end": {
    route: SITES,
    body: "[".repeat(100_000) + "]".repeat(100_000),
    expected: invalid,
  },
  "a body that ends too early": { route: SITES, body: '{"name":', expected: malformed },
  "another charset": {
    route: SITES,
    body: '{"name":"a"}',
    headers: { "content-type": "application/json; charset=utf-16" },
    expected: { ...unsupported, field: "content-type" },
  },
  "a packed body": {
    route: SITES,
    body: '{"name":"a"}',
    headers: { "content-encoding": "gzip" },
    expected: { ...unsupported, field: "content-encoding", value: "gzip" },
  },
  "a form": {
    route: SITES,
    body: "name=a",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    expected: unsupported,
  },
  "a body where none is taken": {
    route: "DELETE /api/v1/subnets/1",
    body: "{}",
    expected: unsupported,
  },
  "an unknown parameter": {
    route: "GET /api/v1/machines?statsu=New",
    expected: { ...invalid, field: "statsu" },
  },
  "a parameter where none is taken": {
    route: "GET /api/v1/machines/abcdef?x=1",
    expected: { ...invalid, field: "x" },
  },
  "a parameter twice": {
    route: "GET /api/v1/machines?limit=1&limit=2",
    expected: { ...invalid, field: "limit" },
  },
  "a parameter out of its range": {
    route: "GET /api/v1/machines?limit=1e9",
    expected: { ...invalid, field: "limit", value: "1e9" },
  },
  "NUL in a parameter": {
    route: "GET /api/v1/machines?siteId=a%00b",
    expected: { ...invalid, field: "siteId" },
  },
  "NUL in the path": {
    route: "GET /api/v1/machines/a%00b",
    expected: { ...invalid, field: "path" },
  },
  "a parameter that is not UTF-8": {
    route: "GET /api/v1/machines?siteId=%ff",
    expected: malformed,
  },
  "a path that is not UTF-8": { route: "GET /api/v1/machines/%c3%28", expected: malformed },
};

describe("every route refuses", () => {
  for (const [what, { route, body, headers, expected }] of Object.entries(TABLE)) {
    test(what, async () => {
      const answer = await region.call(route, { body, headers });
      expect(answer.body).toMatchObject(expected);
      expect(answer.status).toBe(expected.status);
      expect(answer.headers.get("content-type")).toBe("application/problem+json");
      if (expected.code === "request.invalid") expect(answer.body.accepted).toMatch(/./);
    });
  }

  test("bytes that are not UTF-8", async () => {
    const bytes = Uint8Array.of(...new TextEncoder().encode('{"name":"'), 0xff, 0x22, 0x7d);
    const answer = await region.call(SITES, { body: bytes });
    expect(answer.body).toMatchObject(malformed);
  });
});

test("a refusal says what is accepted, and keeps a password to itself", async () => {
  const password = "a-password-that-is-too-long-for-ipmi";
  const answer = await region.call("POST /api/v1/machines", {
    body: {
      siteId: "s-x",
      macs: ["52:54:00:00:00:01"],
      bmc: { kind: "ipmi", address: "10.0.0.1", username: "root", password },
    },
  });
  expect(answer.body).toMatchObject({
    ...invalid,
    field: "bmc.password",
    accepted: "text of at most 20 characters",
  });
  expect(answer.text).not.toContain(password);
});
