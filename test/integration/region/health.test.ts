import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createApp } from "@/region/app.ts";
import { auditEntries } from "@/region/db/schema/audit.ts";
import { connect } from "@/region/db/client.ts";
import { makeMachine, makeSite } from "./rack_fixture.ts";
import { type RegionUnderTest, startRegionUnderTest } from "./region_under_test.ts";

let region: RegionUnderTest;
beforeAll(async () => {
  region = await startRegionUnderTest();
});
afterAll(() => region.stop());

describe("/readyz", () => {
  test("says ok when everything answers", async () => {
    const { status, body } = await region.call("GET /readyz", { as: null });
    expect([status, body]).toEqual([200, { ok: true }]);
  });

  test("says which one does not answer, and no more", async () => {
    const dead = connect({ url: "postgres://user:secret@127.0.0.1:1/none" });
    const gone = () => Promise.reject(new Error("disk at /secret/path is gone"));
    const broken: [part: object, fault: string][] = [
      [{ db: dead.db }, "database: does not answer; migrations: not known"],
      [{ objectStore: { head: gone } }, "objectStore: does not answer"],
      [{ migrations: ["0001_initial", "9999_later"] }, "migrations: missing: 9999_later"],
    ];
    for (const [part, fault] of broken) {
      const app = createApp({ ...region.ctx, ...part });
      const response = await app.request("/readyz");
      const body = await response.json();
      expect([response.status, body.code, body.detail]).toEqual([503, "region.not_ready", fault]);
      expect((await app.request("/healthz")).status).toBe(200);
    }
    await dead.close();
  });
});

describe("/metrics", () => {
  test("are for those who may read the API", async () => {
    expect((await region.call("GET /metrics", { as: null })).status).toBe(401);
    const { status, headers } = await region.call("GET /metrics", { as: "viewer" });
    expect([status, headers.get("content-type")])
      .toEqual([200, "text/plain; version=0.0.4; charset=utf-8"]);
  });

  test("are well formed, and count what happened", async () => {
    const siteId = await makeSite(region);
    const systemId = await makeMachine(region, siteId, { status: "Ready" });
    await region.call(`GET /api/v1/machines/${systemId}`);
    await region.call("GET /api/v1/machines/zzzzzz");
    await region.call("GET /api/v1/machines/zzzzzz?x=1");
    await region.call("GET /nowhere/at/all");
    const samples = parse((await region.call("GET /metrics")).text);
    const route = 'method="GET",route="/api/v1/machines/:systemId"';
    expect(samples.get(`rackwright_http_requests_total{${route},status="200"}`)).toBe(1);
    expect(samples.get(`rackwright_http_requests_total{${route},status="404"}`)).toBe(1);
    expect(samples.get(`rackwright_http_requests_total{${route},status="400"}`)).toBe(1);
    expect(samples.get(`rackwright_http_request_duration_seconds_count{${route}}`)).toBe(3);
    expect(samples.get('rackwright_http_requests_total{method="GET",route="none",status="404"}'))
      .toBe(1);
    expect(samples.get('rackwright_machines{status="Ready"}')).toBe(1);
    expect(samples.get('rackwright_agents{freshness="never"}')).toBe(0);
    expect(samples.get("rackwright_sites_unpublished")).toBeDefined();
    expect(samples.get("rackwright_database_waiting")).toBe(0);
    expect(samples.get("rackwright_http_requests_in_flight")).toBe(1); // this one
  });
});

describe("a request", () => {
  test("keeps the name that it came with, in answer, problem, log and audit", async () => {
    const headers = { "x-request-id": "trace-1:a.b_c" };
    const made = await region.call("POST /api/v1/ssh-keys", {
      as: "operator",
      headers,
      body: {
        key: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGPKSUTyz1HwHReFVvD5obVsALAgJRNarH4TRpNePnAS",
      },
    });
    expect([made.status, made.headers.get("x-request-id")]).toEqual([201, "trace-1:a.b_c"]);
    await region.call("POST /api/v1/webhooks", {
      headers,
      body: { url: "https://hooks.example.com/" },
    });
    const rows = await region.ctx.db.select().from(auditEntries);
    expect(rows.map(({ requestId }) => requestId)).toContain("trace-1:a.b_c");
    const refused = await region.call("POST /api/v1/sites", { headers, body: {} });
    expect(refused.body).toMatchObject({ status: 400, requestId: "trace-1:a.b_c" });
    expect(refused.headers.get("content-type")).toBe("application/problem+json");
    expect(region.logged.at(-1)).toMatchObject({
      event: "request.answered",
      fields: {
        requestId: "trace-1:a.b_c",
        method: "POST",
        route: "/api/v1/sites",
        status: 400,
        user: "admin",
      },
    });
  });

  test("gets a name when it has none that can be kept", async () => {
    for (const given of ["", "x".repeat(65), 'a"b', "ä"]) {
      const { headers } = await region.call("GET /healthz", { headers: { "x-request-id": given } });
      expect(headers.get("x-request-id")).toMatch(/^[0-9a-f]{16}$/);
    }
  });

  test("is in the log without what is secret", async () => {
    const token = "rwk_0123456789ab_" + "0".repeat(52);
    await region.call("GET /api/v1/machines?siteId=query-secret", { as: { token } });
    await region.call("POST /api/v1/sessions", {
      as: null,
      body: { username: "admin", password: "password-secret" },
    });
    const log = JSON.stringify(region.logged);
    for (const secret of [token, "query-secret", "password-secret"]) {
      expect(log).not.toContain(secret);
    }
  });
});

/** Prometheus' text format, strictly: every sample by its name and labels. Throws where it breaks. */
function parse(text: string): Map<string, number> {
  const samples = new Map<string, number>();
  const kinds = new Map<string, string>();
  for (const line of text.trimEnd().split("\n")) {
    const [, name = "", kind = ""] = /^# TYPE (\w+) (counter|gauge|histogram)$/.exec(line) ?? [];
    if (kind) {
      if (kinds.has(name)) throw new Error(`${name} comes twice`);
      kinds.set(name, kind);
    }
    if (line.startsWith("#")) {
      if (!kind && !/^# HELP \w+ \S/.test(line)) throw new Error(`no comment that counts: ${line}`);
      continue;
    }
    const [, series = "", value = ""] =
      /^([a-z_]+(?:\{(?:[a-z]+="(?:[^"\\\n]|\\.)*",?)+\})?) (\S+)$/.exec(line) ?? [];
    const family = series.replace(/\{.*/, "");
    const base = family.replace(/_(bucket|sum|count)$/, "");
    if (!kinds.has(family) && kinds.get(base) !== "histogram") throw new Error(`no type: ${line}`);
    if (samples.has(series) || series === "") throw new Error(`twice or broken: ${line}`);
    if (Number.isNaN(Number(value))) throw new Error(`no number: ${line}`);
    samples.set(series, Number(value));
  }
  checkHistograms(samples);
  return samples;
}

/** Buckets never fall, and the last one is the count. */
function checkHistograms(samples: Map<string, number>): void {
  const last = new Map<string, number>();
  for (const [series, value] of samples) {
    const [, base, labels, bound] = /^(\w+)_bucket\{(.*),le="([^"]+)"\}$/.exec(series) ?? [];
    if (base === undefined) continue;
    const key = `${base}_count{${labels}}`;
    if (value < (last.get(key) ?? 0)) throw new Error(`${series} falls`);
    last.set(key, value);
    if (bound === "+Inf" && samples.get(key) !== value) {
      throw new Error(`${series} is not the count`);
    }
  }
}
