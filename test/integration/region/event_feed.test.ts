import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findFeedEnd, listFeed, placeEvents } from "@/region/db/queries/event_feed.ts";
import { insertEvent } from "@/region/db/queries/events.ts";
import type { Db } from "@/region/db/client.ts";
import { EVENTS_TOPIC } from "@/region/services/events/follow_events.ts";
import { makeMachine, makeSite } from "./rack_fixture.ts";
import { type RegionUnderTest, startRegionUnderTest } from "./region_under_test.ts";

let region: RegionUnderTest;
let key: string;
beforeAll(async () => {
  region = await startRegionUnderTest();
  key = await region.addUser("viewer");
});
afterAll(() => region.stop());

function write(db: Db, message: string, more: { siteId?: string; code?: string } = {}) {
  const at = region.ctx.now();
  return insertEvent(db, { at, level: "info", code: "test.happened", message, ...more });
}

interface Told {
  readonly id: number;
  readonly message: string;
}

/** A follower of the stream over HTTP, as a browser is one. */
async function follow(query: string, headers: Record<string, string> = {}) {
  const left = new AbortController();
  const response = await region.request(`/api/v1/events/stream${query}`, {
    headers: { authorization: `Bearer ${key}`, ...headers },
    signal: left.signal,
  });
  if (!response.body) throw new Error("a stream has a body");
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  async function part(): Promise<string | undefined> {
    while (!text.includes("\n\n")) {
      const { done, value } = await reader.read();
      if (done) return undefined;
      text += value;
    }
    const [first = ""] = text.split("\n\n", 1);
    text = text.slice(first.length + 2);
    return first;
  }
  return {
    response,
    part,
    /** The next event; undefined at the end of the stream. */
    async event(): Promise<Told | undefined> {
      for (;;) {
        const next = await part();
        if (next === undefined) return undefined;
        const [, data] = /^data: (.*)$/m.exec(next) ?? [];
        if (data) return JSON.parse(data);
      }
    },
    leave: () => reader.cancel().then(() => left.abort()),
  };
}

describe("the feed", () => {
  test("keeps an event back for nobody, and loses none that commits late", async () => {
    const { db } = region.ctx;
    await placeEvents(db);
    const start = await findFeedEnd(db);
    const written = Promise.withResolvers<void>();
    const mayCommit = Promise.withResolvers<void>();
    const late = db.transaction(async (tx) => {
      await write(tx, "took its number first, commits last");
      written.resolve();
      await mayCommit.promise;
    });
    await written.promise;
    await write(db, "took its number last, commits first");
    await placeEvents(db);
    const [first, ...none] = await listFeed(db, {}, { after: start, limit: 9 });
    expect([first?.message, none]).toEqual(["took its number last, commits first", []]);
    mayCommit.resolve();
    await late;
    await placeEvents(db);
    const then = await listFeed(db, {}, { after: first?.id ?? 0, limit: 9 });
    expect(then.map(({ message }) => message)).toEqual(["took its number first, commits last"]);
  });

  test("tells everybody everything once and in one order while many write and place", async () => {
    const { db } = region.ctx;
    await placeEvents(db);
    const start = await findFeedEnd(db);
    const WRITERS = 4;
    const EACH = 25;
    const total = WRITERS * EACH;
    const writers = Array.from({ length: WRITERS }, async (_, w) => {
      for (let i = 0; i < EACH; i++) {
        await db.transaction(async (tx) => {
          await write(tx, `${w}/${i}`);
          // Others get their turn between the number and the commit, now and then.
          if ((w + i) % 3 === 0) await placeEvents(db);
        });
        region.ctx.hub.publish(EVENTS_TOPIC);
      }
    });
    const followers = Array.from({ length: 3 }, async (_, f) => {
      const told: Told[] = [];
      let after = start;
      while (told.length < total) {
        const stream = await follow("", { "last-event-id": String(after) });
        // Each breaks off at other places, and resumes with what it saw last.
        for (let n = 0; n < 7 + 5 * f && told.length < total; n++) {
          const event = await stream.event();
          if (!event) break;
          told.push(event);
          after = event.id;
        }
        await stream.leave();
      }
      return told;
    });
    const [one = [], ...others] = await Promise.all(followers);
    await Promise.all(writers);
    expect(new Set(one.map(({ message }) => message)).size).toBe(total);
    expect(one.every(({ id }, i) => id > (one[i - 1]?.id ?? start))).toBe(true);
    for (const other of others) expect(other).toEqual(one);
  });

  test("is the same by pages as by stream", async () => {
    const listed = await region.call("GET /api/v1/events?limit=200");
    const stream = await follow("?after=0");
    for (const event of listed.body.events) expect(await stream.event()).toEqual(event);
    await stream.leave();
  });
});

describe("the list", () => {
  test("takes codes by their start, levels from one up, and a span of time", async () => {
    const { db, now } = region.ctx;
    const start = await findFeedEnd(db);
    const at = new Date(now().getTime() + 86_400_000);
    for (const [i, level] of (["info", "warning", "error"] as const).entries()) {
      const later = new Date(at.getTime() + i * 1000);
      await insertEvent(db, { at: later, level, code: `span.c${i}`, message: String(i) });
    }
    const second = (i: number) => new Date(at.getTime() + i * 1000).toISOString();
    const asked: [query: string, messages: string][] = [
      ["code=span.*", "0,1,2"],
      ["code=span.c1", "1"],
      ["code=span.c%25", ""],
      ["level=warning&code=span.*", "1,2"],
      [`since=${second(1)}`, "1,2"],
      [`since=${second(0)}&until=${second(2)}`, "0,1"],
    ];
    for (const [query, messages] of asked) {
      const { body } = await region.call(`GET /api/v1/events?after=${start}&${query}`);
      const found = body.events.map(({ message }: Told) => message).join();
      expect([query, found]).toEqual([query, messages]);
    }
    const { body } = await region.call("GET /api/v1/events?since=yesterday");
    expect(body).toMatchObject({ status: 400, field: "since", value: "yesterday" });
  });
});

describe("the stream", () => {
  test("begins with what comes next, and wakes at once", async () => {
    const stream = await follow("");
    expect(stream.response.headers.get("content-type")).toBe("text/event-stream");
    expect(await stream.part()).toMatch(/^retry: 1000\nid: \d+$/);
    const next = stream.event();
    await region.call("POST /api/v1/sites", { body: { name: "woken" } }); // wakes, writes no event
    await write(region.ctx.db, "hello");
    region.ctx.hub.publish(EVENTS_TOPIC);
    expect(await next).toMatchObject({ message: "hello", code: "test.happened", machine: null });
    await stream.leave();
  });

  test("tells only what was asked for", async () => {
    const siteId = await makeSite(region);
    const systemId = await makeMachine(region, siteId);
    const at = await findFeedEnd(region.ctx.db);
    const { db } = region.ctx;
    await write(db, "elsewhere", { code: "test.elsewhere" });
    await write(db, "here", { siteId, code: "test.here" });
    await region.call(`POST /api/v1/machines/${systemId}/mark-broken`, { body: {} });
    const asked: [query: string, code: string][] = [
      [`&siteId=${siteId}`, "test.here"],
      [`&machine=${systemId}`, "machine."],
      ["&level=info&code=test.h*", "test.here"],
      ["&code=test.elsewhere", "test.elsewhere"],
    ];
    for (const [query, code] of asked) {
      const stream = await follow(`?after=${at}${query}`);
      expect([query, await stream.event()]).toMatchObject([
        query,
        { code: expect.stringContaining(code) },
      ]);
      await stream.leave();
    }
    const graver = await follow(`?after=${at}&level=error&seconds=1`);
    region.advance(2000);
    region.ctx.hub.publish(EVENTS_TOPIC);
    expect(await graver.event()).toBeUndefined();
  });

  test("beats when nothing happens, moves on with the beat, and ends by itself", async () => {
    const stream = await follow("?code=none.such&seconds=50");
    expect(await stream.part()).toMatch(/^retry/);
    const places: number[] = [];
    // What was written after the first is read before the third, however the two interleave.
    for (let i = 0; i < 3; i++) {
      const beat = stream.part();
      region.advance(16_000);
      region.ctx.hub.publish(EVENTS_TOPIC);
      expect(await beat).toMatch(/^: beat\nid: \d+$/);
      places.push(Number((await beat)?.split("id: ")[1]));
      await write(region.ctx.db, "not for this one");
    }
    expect(places[2]).toBeGreaterThan(places[0] ?? 0);
    const end = stream.part();
    region.advance(60_000);
    region.ctx.hub.publish(EVENTS_TOPIC);
    expect(await end).toBeUndefined();
  });

  test("refuses with a status what it cannot follow", async () => {
    const cases: [path: string, status: number, code: string][] = [
      ["?machine=zzzzzz", 404, "machine.missing"],
      ["?seconds=999", 400, "request.invalid"],
      ["?level=loud", 400, "request.invalid"],
    ];
    for (const [query, status, code] of cases) {
      const answer = await region.call(`GET /api/v1/events/stream${query}`);
      expect([answer.status, answer.body.code]).toEqual([status, code]);
    }
    const nobody = await region.call("GET /api/v1/events/stream", { as: null });
    expect(nobody.status).toBe(401);
    const header = await region.call("GET /api/v1/events/stream", {
      headers: { "last-event-id": "soon" },
    });
    expect(header.body).toMatchObject({ status: 400, field: "last-event-id", value: "soon" });
  });
});
