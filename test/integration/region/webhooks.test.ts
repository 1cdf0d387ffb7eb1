import { createHmac } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { auditEntries } from "@/region/db/schema/audit.ts";
import { insertEvent } from "@/region/db/queries/events.ts";
import { takeDueDeliveries } from "@/region/db/queries/webhooks.ts";
import { tick } from "@/region/reconcilers/tick.ts";
import { type RegionUnderTest, startRegionUnderTest } from "./region_under_test.ts";

interface Received {
  readonly headers: Headers;
  readonly body: string;
}

let region: RegionUnderTest;
let receiver: Deno.HttpServer<Deno.NetAddr>;
let url: string;
let received: Received[] = [];
let answer = () => new Response("thanks");

beforeAll(async () => {
  receiver = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    received.push({ headers: request.headers, body: await request.text() });
    return answer();
  });
  const host = `127.0.0.1:${receiver.addr.port}`;
  url = `http://${host}/hook?key=SECRET-IN-URL`;
  region = await startRegionUnderTest({ webhookHosts: [host] });
});
afterAll(async () => {
  await region.stop();
  await receiver.shutdown();
});
afterEach(async () => {
  received = [];
  answer = () => new Response("thanks");
  const { body } = await region.call("GET /api/v1/webhooks");
  for (const { id } of body.webhooks) await region.call(`DELETE /api/v1/webhooks/${id}`);
});

async function make(more: object = {}) {
  const { status, body } = await region.call("POST /api/v1/webhooks", { body: { url, ...more } });
  expect([status, body.code]).toEqual([201, undefined]);
  return body;
}

function happen(code: string, level: "info" | "warning" | "error" = "info") {
  const at = region.ctx.now();
  return insertEvent(region.ctx.db, { at, level, code, message: `${code} happened` });
}

async function log(id: number) {
  return (await region.call(`GET /api/v1/webhooks/${id}/deliveries`)).body.deliveries;
}

/** As a receiver verifies it; Standard Webhooks 1.0.0, written anew with another library. */
function verify({ headers, body }: Received, secret: string): boolean {
  const key = atob(secret.replace("whsec_", ""));
  const signed = `${headers.get("webhook-id")}.${headers.get("webhook-timestamp")}.${body}`;
  const bytes = Uint8Array.from(key, (char) => char.charCodeAt(0));
  const digest = createHmac("sha256", bytes).update(signed).digest("base64");
  return headers.get("webhook-signature") === `v1,${digest}`;
}

describe("webhooks", () => {
  test("get what happens after they were made, signed, and only what they ask for", async () => {
    await happen("machine.before");
    const webhook = await make({ codes: ["machine.*"], level: "warning" });
    await happen("machine.failed", "error");
    await happen("machine.added");
    await happen("agent.lost", "error");
    await tick(region.ctx);
    await tick(region.ctx);
    expect(received.map(({ body }) => JSON.parse(body).type)).toEqual(["machine.failed"]);
    const [one] = received;
    if (!one) throw new Error("nothing came");
    expect(verify(one, webhook.secret)).toBe(true);
    expect(verify({ ...one, body: `${one.body} ` }, webhook.secret)).toBe(false);
    expect(JSON.parse(one.body)).toMatchObject({
      timestamp: "2026-01-02T03:04:05.678Z",
      data: { code: "machine.failed", level: "error", machine: null },
    });
    const [entry] = await log(webhook.id);
    expect(entry).toMatchObject({
      state: "delivered",
      attempts: 1,
      lastStatus: 200,
      lastError: null,
    });
  });

  test("show their secret once, and it is in no list, log or audit", async () => {
    const { id, secret } = await make();
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const { text } = await region.call("GET /api/v1/webhooks");
    expect(text).not.toContain(secret);
    const renewed = await region.call(`POST /api/v1/webhooks/${id}/renew-secret`);
    expect(renewed.body.secret).not.toBe(secret);
    await region.call(`POST /api/v1/webhooks/${id}/ping`);
    expect(received.map((one) => verify(one, renewed.body.secret))).toEqual([true]);
    const audit = JSON.stringify(await auditRows());
    expect(audit).toContain("webhook.renew_secret");
    for (const hidden of [secret, renewed.body.secret, "SECRET-IN-URL"]) {
      expect(audit + JSON.stringify(region.logged)).not.toContain(hidden);
    }
  });

  test("are tried again, later each time, with the same id and body", async () => {
    const { id } = await make();
    answer = () => new Response("no", { status: 503 });
    await happen("machine.failed");
    await tick(region.ctx);
    await tick(region.ctx); // too early
    expect(received).toHaveLength(1);
    expect((await log(id))[0]).toMatchObject({ state: "pending", attempts: 1, lastStatus: 503 });
    region.advance(13_000);
    answer = () => new Response(null, { status: 204 });
    await tick(region.ctx);
    const [first, second] = received;
    expect(second?.body).toBe(first?.body);
    expect(second?.headers.get("webhook-id")).toBe(first?.headers.get("webhook-id"));
    expect((await log(id))[0]).toMatchObject({ state: "delivered", attempts: 2, lastStatus: 204 });
  });

  test("get it again from a region that died between sending and writing it down", async () => {
    const { id } = await make();
    await happen("machine.failed");
    answer = () => new Response("no", { status: 500 });
    await tick(region.ctx);
    region.advance(13_000);
    // Another process takes it, and is never heard of again.
    const now = region.ctx.now();
    const again = new Date(now.getTime() + 60_000);
    const taken = await takeDueDeliveries(region.ctx.db, { now, again, limit: 9, each: 9 });
    expect(taken).toHaveLength(1);
    answer = () => new Response("thanks");
    await tick(region.ctx);
    expect(received).toHaveLength(1); // it is the other one's
    region.advance(61_000);
    await tick(region.ctx);
    expect(received).toHaveLength(2);
    expect((await log(id))[0]).toMatchObject({ state: "delivered", attempts: 3 });
  });

  test("get each event once from two regions that tick at once", async () => {
    const { id } = await make();
    for (let i = 0; i < 5; i++) await happen(`machine.n${i}`);
    await Promise.all([tick(region.ctx), tick(region.ctx), tick(region.ctx)]);
    await tick(region.ctx);
    expect(received.map(({ body }) => JSON.parse(body).type).sort())
      .toEqual([0, 1, 2, 3, 4].map((i) => `machine.n${i}`));
    expect(await log(id)).toHaveLength(5);
  });

  test("that fail for days are switched off, with an event; so are those that say 410", async () => {
    const { id } = await make({ codes: ["machine.*"] });
    answer = () => new Response("no", { status: 500 });
    await happen("machine.failed");
    for (let hours = 0; hours < 80; hours += 8) {
      await tick(region.ctx);
      region.advance(8 * 3_600_000);
      await happen("machine.failed"); // retries of the first end before the three days do
    }
    const { body } = await region.call(`GET /api/v1/webhooks/${id}`);
    expect(body).toMatchObject({ isEnabled: false });
    expect(body.disabledBecause).toContain("answered 500");
    const events = await region.call("GET /api/v1/events?limit=200");
    expect(events.text).toContain("webhook.disabled");
    expect(events.text).not.toContain("SECRET-IN-URL");
    received = [];
    await tick(region.ctx);
    expect(received).toEqual([]);
    const on = await region.call(`PATCH /api/v1/webhooks/${id}`, { body: { isEnabled: true } });
    expect(on.body).toMatchObject({ isEnabled: true, disabledBecause: null, failingSince: null });
    const gone = await make();
    answer = () => new Response("no", { status: 410 });
    await region.call(`POST /api/v1/webhooks/${gone.id}/ping`);
    expect((await region.call(`GET /api/v1/webhooks/${gone.id}`)).body.isEnabled).toBe(false);
  });

  test("are not followed where they redirect to, and not reached is said without the URL", async () => {
    const { id } = await make();
    answer = () => Response.redirect("http://127.0.0.1:1/", 302);
    const ping = await region.call(`POST /api/v1/webhooks/${id}/ping`);
    expect(ping.body).toMatchObject({
      state: "pending",
      lastStatus: 302,
      lastError: "answered 302",
    });
    answer = () => new Response("thanks");
    const again = `POST /api/v1/webhooks/${id}/deliveries/${ping.body.id}/redeliver`;
    expect((await region.call(again)).body).toMatchObject({ state: "delivered", lastStatus: 200 });
    expect(received[1]?.headers.get("webhook-id")).toBe(received[0]?.headers.get("webhook-id"));
  });

  test("cannot be sent to the region's own host or link", async () => {
    for (
      const bad of ["http://hooks.example.com/", "https://127.0.0.1/", "https://169.254.169.254/"]
    ) {
      const { body } = await region.call("POST /api/v1/webhooks", { body: { url: bad } });
      expect([bad, body.status, body.code]).toEqual([bad, 400, "webhook.url_refused"]);
    }
  });

  test("honour If-Match", async () => {
    const { id } = await make();
    const change = { body: { description: "x" }, headers: { "if-match": '"7"' } };
    const refused = await region.call(`PATCH /api/v1/webhooks/${id}`, change);
    expect([refused.status, refused.body.code]).toEqual([412, "precondition.failed"]);
    const changed = await region.call(`PATCH /api/v1/webhooks/${id}`, {
      ...change,
      headers: { "if-match": '"1"' },
    });
    expect([changed.status, changed.headers.get("etag")]).toEqual([200, '"2"']);
  });
});

async function auditRows(): Promise<unknown> {
  return await region.ctx.db.select().from(auditEntries);
}
