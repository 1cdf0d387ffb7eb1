import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { insertEvent } from "@/region/db/queries/events.ts";
import { encodeCursor } from "@/region/domain/page_cursor.ts";
import { makeImage } from "./rack_fixture.ts";
import { type RegionUnderTest, startRegionUnderTest } from "./region_under_test.ts";

let region: RegionUnderTest;
beforeAll(async () => {
  region = await startRegionUnderTest();
  for (const [i, architecture] of ["amd64", "arm64", "amd64", "arm64", "amd64"].entries()) {
    if (i % 2 === 0) region.advance(1000);
    await makeImage(region, { architecture });
  }
  for (const name of ["delta", "alpha", "zürich", "bravo", "charlie"]) {
    await region.call("POST /api/v1/sites", { body: { name } });
  }
});
afterAll(() => region.stop());

const get = (path: string) => region.call(`GET /api/v1/${path}`);

/** Every page of a list, one after the other. */
async function readAll(noun: string, query: string) {
  const items: Record<string, string>[] = [];
  let cursor: string | null | undefined;
  for (let page = 0; page < 20 && cursor !== null; page++) {
    const { status, body } = await get(`${noun}?${query}${cursor ? `&cursor=${cursor}` : ""}`);
    expect(status, JSON.stringify(body)).toBe(200);
    expect(body[noun].length).toBeLessThanOrEqual(2);
    items.push(...body[noun]);
    cursor = body.nextCursor;
  }
  expect(cursor).toBeNull();
  return items;
}

describe("a list", () => {
  test.each([
    ["architecture", 1],
    ["-architecture", -1],
  ])("comes whole, in pages, in the order of %s and then of id", async (sort, direction) => {
    const images = await readAll("images", `limit=2&sort=${sort}`);
    const keys = images.map(({ architecture, id }) => `${architecture} ${id}`);
    expect(keys).toHaveLength(5);
    expect(keys).toEqual(keys.toSorted((a, b) => a < b ? -direction : direction));
  });

  test("may go up by one field and down by the other", async () => {
    const images = await readAll("images", "limit=2&sort=architecture,-createdAt,id");
    expect(images.map(({ architecture }) => architecture)).toEqual(
      ["amd64", "amd64", "amd64", "arm64", "arm64"],
    );
    const times = images.slice(0, 3).map(({ createdAt = "" }) => createdAt);
    expect(times).toEqual(times.toSorted().reverse());
    expect(new Set(images.map(({ id }) => id)).size).toBe(5);
  });

  test("tells apart what has equal keys", async () => {
    const images = await readAll("images", "limit=2&sort=-createdAt");
    expect(new Set(images.map(({ id }) => id)).size).toBe(5);
  });

  test("has its own order when none is asked for", async () => {
    expect((await readAll("sites", "limit=2")).map(({ name }) => name).slice(0, 4))
      .toEqual(["alpha", "bravo", "charlie", "delta"]);
  });

  test("is filtered before it is cut into pages", async () => {
    const images = await readAll("images", "limit=2&architecture=arm64");
    expect(images.map(({ architecture }) => architecture)).toEqual(["arm64", "arm64"]);
  });

  test("neither repeats nor skips while items are added before the page", async () => {
    const first = (await get("sites?limit=2&sort=name&fields=name")).body;
    await region.call("POST /api/v1/sites", { body: { name: "aaa" } });
    const next = (await get(`sites?limit=2&sort=name&fields=name&cursor=${first.nextCursor}`)).body;
    expect([...first.sites, ...next.sites].map(({ name }) => name))
      .toEqual(["alpha", "bravo", "charlie", "delta"]);
  });

  test("of events is followed from the last one seen, and read backwards", async () => {
    for (const level of ["info", "error"] as const) {
      const at = region.ctx.now();
      await insertEvent(region.ctx.db, { at, level, code: "test.said", message: level });
    }
    const forwards = await readAll("events", "limit=2&code=test.said");
    const backwards = await readAll("events", "limit=2&code=test.said&sort=-id");
    expect(backwards).toEqual(forwards.toReversed());
    expect((await get("events?level=error")).body.events).toHaveLength(1);
  });
});

describe("a cursor", () => {
  const bad = (values: (string | number)[], sort = "-createdAt,-id") =>
    encodeCursor({ sort, values });
  test.each([
    ["x"],
    [bad(["2026-01-02T03:04:05.678Z"])],
    [bad(["2026-01-02T03:04:05.678Z", "i-x", "more"])],
    [bad([7, "i-x"])],
    [bad(["yesterday", "i-x"])],
    [bad(["+275760-09-13T00:00:00.000Z", "i-x"])],
    [bad(["2026-01-02T03:04:05.678Z", "\u0000"])],
    [bad(["2026-01-02T03:04:05.678Z", "i-x"], "createdAt,id")],
    [bad(["2026-01-02T03:04:05.678Z", "i-x"], "nonsense")],
  ])("is refused when the list did not give it: %s", async (cursor) => {
    const { status, body } = await get(`images?cursor=${cursor}`);
    expect([status, body.code, body.field]).toEqual([400, "page.bad_cursor", "cursor"]);
    expect(body.accepted).toContain("nextCursor");
  });

  test.each([-1, 1.5, 1e300, 2 ** 53])("of numbers holds no %d", async (id) => {
    const { status } = await get(`events?cursor=${bad([id], "id")}`);
    expect(status).toBe(id === -1 ? 200 : 400);
  });
});

describe("?fields", () => {
  test("keeps what is asked for, and no more", async () => {
    const { body } = await get("images?limit=1&fields=id,files.role");
    expect(Object.keys(body.images[0]).sort()).toEqual(["files", "id"]);
    expect(body.images[0].files).toEqual([{ role: "kernel" }, { role: "initrd" }, {
      role: "squashfs",
    }]);
    expect(body).toHaveProperty("nextCursor");
  });

  test("refuses a field that there is not, and names those there are", async () => {
    const { status, body } = await get("sites?fields=name,sealedSiteKey");
    expect([status, body.code, body.field]).toEqual([400, "fields.unknown", "fields"]);
    expect(body.detail).toContain("sealedSiteKey");
    expect(body.accepted).toContain("publishedGeneration");
  });
});

describe("?sort", () => {
  test.each(["nonsense", "name,nonsense", "", "-", "constructor"])("refuses %j", async (sort) => {
    const { status, body } = await get(`sites?sort=${sort}`);
    expect([status, body.code]).toEqual([400, "sort.unknown"]);
    expect(body.accepted).toBe("name, id, createdAt");
  });

  test("refuses the same field twice", async () => {
    expect((await get("sites?sort=name,-name")).status).toBe(400);
  });
});

test("a refusal names the field, what was seen there and what is accepted", async () => {
  const { body } = await get("images?limit=1000&kind=cake");
  expect(body.errors).toEqual([
    expect.objectContaining({ field: "kind", value: "cake", accepted: "one of os, bootloader" }),
    expect.objectContaining({
      field: "limit",
      value: "1000",
      accepted: "a whole number from 1 to 200",
    }),
  ]);
});

test("a refusal never repeats a secret", async () => {
  const { text } = await region.call("POST /api/v1/sessions", {
    body: { username: 7, password: { text: "hunter2" } },
  });
  expect(text).toContain("username");
  expect(text).not.toContain("hunter2");
});
