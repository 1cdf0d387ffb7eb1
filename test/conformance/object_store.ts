import { createHash } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { OBJECTS_PER_LIST_MAX, type ObjectStore } from "@/region/object_store/object_store.ts";

/** What a test needs of an implementation: a fresh, empty store, and a way to be rid of it. */
export interface StoreUnderTest {
  readonly store: ObjectStore;
  readonly dispose: () => Promise<void>;
}

/** The promises of `ObjectStore` as tests; every implementation runs them. */
export function objectStoreConformance(name: string, make: () => Promise<StoreUnderTest>): void {
  describe(`${name} as an object store`, () => {
    let made: StoreUnderTest;
    let store: ObjectStore;
    beforeEach(async () => {
      made = await make();
      store = made.store;
    });
    afterEach(() => made.dispose());

    test("gives back what was put, with its size", async () => {
      const put = await store.put("sites/s-1/state", bytes("hello"));
      expect(put?.bytes).toBe(5);
      expect(await text(store, "sites/s-1/state")).toBe("hello");
      expect(await store.head("sites/s-1/state")).toEqual(put);
    });

    test("knows nothing of what was never put", async () => {
      expect(await store.get("blobs/none")).toBeUndefined();
      expect(await store.head("blobs/none")).toBeUndefined();
      await store.put("a", bytes("1"));
      expect(await store.get("a/below")).toBeUndefined();
    });

    test("replaces whole objects, and the etag follows the content", async () => {
      const first = await store.put("a", bytes("one"));
      const second = await store.put("a", bytes("two"));
      const third = await store.put("a", bytes("one"));
      expect(await text(store, "a")).toBe("one");
      expect(second?.etag).not.toBe(first?.etag);
      expect(third?.etag).toBe(first?.etag);
    });

    test("takes a stream of unknown length", async () => {
      const parts = ["ab", "", "cde"].map(bytes);
      const put = await store.put("a", ReadableStream.from(parts));
      expect(put?.bytes).toBe(5);
      expect(await text(store, "a")).toBe("abcde");
    });

    test("keeps the old object when a stream breaks off", async () => {
      await store.put("a", bytes("old"));
      const broken = new ReadableStream<Uint8Array<ArrayBuffer>>({
        start: (controller) => controller.enqueue(bytes("half")),
        pull: (controller) => controller.error(new Error("the sender went away")),
      });
      await expect(store.put("a", broken)).rejects.toThrow("the sender went away");
      expect(await text(store, "a")).toBe("old");
    });

    test("holds an empty object", async () => {
      expect((await store.put("a", bytes("")))?.bytes).toBe(0);
      expect(await text(store, "a")).toBe("");
    });

    test("reads ranges, inclusive at both ends, cut at the end", async () => {
      await store.put("a", bytes("0123456789"));
      const part = async (first: number, last: number) => await text(store, "a", { first, last });
      expect(await part(0, 0)).toBe("0");
      expect(await part(2, 4)).toBe("234");
      expect(await part(8, 99)).toBe("89");
      expect(await part(10, 20)).toBe("");
      expect((await store.get("a", { first: 3, last: 4 }))?.bytes).toBe(10);
    });

    test("puts only over the named version", async () => {
      const first = await store.put("a", bytes("one"));
      expect(await store.put("a", bytes("x"), { ifEtag: "other" })).toBeUndefined();
      expect(await text(store, "a")).toBe("one");
      expect(await store.put("a", bytes("two"), { ifEtag: first?.etag })).toBeDefined();
      expect(await text(store, "a")).toBe("two");
      expect(await store.put("none", bytes("x"), { ifEtag: "other" })).toBeUndefined();
      expect(await store.head("none")).toBeUndefined();
    });

    test("creates once", async () => {
      expect(await store.put("a", bytes("one"), { ifAbsent: true })).toBeDefined();
      expect(await store.put("a", bytes("two"), { ifAbsent: true })).toBeUndefined();
      expect(await text(store, "a")).toBe("one");
    });

    test("puts a short stream only over the named version, or once", async () => {
      const first = await store.put("a", bytes("one"));
      const stream = () => ReadableStream.from([bytes("two")]);
      expect(await store.put("a", stream(), { ifAbsent: true })).toBeUndefined();
      expect(await store.put("a", stream(), { ifEtag: "other" })).toBeUndefined();
      expect(await text(store, "a")).toBe("one");
      expect(await store.put("a", stream(), { ifEtag: first?.etag })).toBeDefined();
      expect(await text(store, "a")).toBe("two");
    });

    test("gives an object only to who has another version", async () => {
      expect(await store.getUnlessEtag("a", "other")).toBeUndefined();
      const first = await store.put("a", bytes("one"));
      expect(await store.getUnlessEtag("a", first?.etag ?? "")).toBe("unchanged");
      const second = await store.put("a", bytes("two"));
      const object = await store.getUnlessEtag("a", first?.etag ?? "");
      if (!object || object === "unchanged") throw new Error("it has changed");
      expect([object.etag, object.bytes]).toEqual([second?.etag, 3]);
      expect(await new Response(object.body).text()).toBe("two");
    });

    test("takes a long stream in parts, and gives any range of it", async () => {
      const put = await store.put("long", longStream(LONG_BYTES));
      expect(put?.bytes).toBe(LONG_BYTES);
      expect(await store.head("long")).toEqual(put);
      const whole = await store.get("long");
      expect(await digestOf(whole?.body)).toBe(await digestOf(longStream(LONG_BYTES)));
      for (const first of [0, 8 * MIB - 3, 16 * MIB - 1, LONG_BYTES - 5]) {
        const part = await store.get("long", { first, last: first + 9 });
        const length = Math.min(10, LONG_BYTES - first);
        const expected = Uint8Array.from({ length }, (_, i) => byteAt(first + i));
        expect(new Uint8Array(await new Response(part?.body).arrayBuffer())).toEqual(expected);
        expect(part?.bytes).toBe(LONG_BYTES);
      }
    });

    test("has the same etag for the same long stream, and puts it only where it may", async () => {
      const first = await store.put("long", longStream(9 * MIB));
      expect(await store.put("long", longStream(9 * MIB), { ifAbsent: true })).toBeUndefined();
      expect(await store.put("long", longStream(9 * MIB), { ifEtag: "other" })).toBeUndefined();
      const again = await store.put("long", longStream(9 * MIB), { ifEtag: first?.etag });
      expect(again).toEqual(first);
    });

    test("keeps nothing of a long stream that breaks off", async () => {
      await store.put("long", bytes("old"));
      const broken = longStream(12 * MIB, () => {
        throw new Error("the sender went away");
      });
      await expect(store.put("long", broken)).rejects.toThrow("the sender went away");
      const other = longStream(12 * MIB, () => {
        throw new Error("the sender went away");
      });
      await expect(store.put("new", other)).rejects.toThrow("the sender went away");
      expect(await text(store, "long")).toBe("old");
      expect(await store.list("")).toEqual([{ name: "long", bytes: 3 }]);
    });

    test("lists names in order, by how they begin, and from where it was", async () => {
      for (const name of ["b/2", "a", "b/1", "b-1", "B/0"]) await store.put(name, bytes("x"));
      const names = async (prefix: string, after?: string) =>
        (await store.list(prefix, after)).map((each) => each.name);
      expect(await names("")).toEqual(["B/0", "a", "b-1", "b/1", "b/2"]);
      expect(await names("b/")).toEqual(["b/1", "b/2"]);
      expect(await names("b/", "b/1")).toEqual(["b/2"]);
      expect(await names("b/", "b/2")).toEqual([]);
      expect(await names("none/")).toEqual([]);
      expect(await store.list("a")).toEqual([{ name: "a", bytes: 1 }]);
    });

    test("lists many a page at a time", async () => {
      const names = Array.from(
        { length: OBJECTS_PER_LIST_MAX + 5 },
        (_, i) => `many/${String(i).padStart(5, "0")}`,
      );
      for (let at = 0; at < names.length; at += 50) {
        await Promise.all(names.slice(at, at + 50).map((name) => store.put(name, bytes(""))));
      }
      const first = await store.list("many/");
      expect(first.map(({ name }) => name)).toEqual(names.slice(0, OBJECTS_PER_LIST_MAX));
      const rest = await store.list("many/", first.at(-1)?.name);
      expect(rest.map(({ name }) => name)).toEqual(names.slice(OBJECTS_PER_LIST_MAX));
    });

    test("lets exactly one of many concurrent compare-and-sets win", async () => {
      const start = await store.put("a", bytes("start"));
      const tries = Array.from(
        { length: 20 },
        (_, i) => store.put("a", bytes(`try ${i}`), { ifEtag: start?.etag }),
      );
      const won = (await Promise.all(tries)).flatMap((info, i) => (info ? [i] : []));
      expect(won).toHaveLength(1);
      expect(await text(store, "a")).toBe(`try ${won[0]}`);
    });

    test("gives each reader one whole version while writers replace it", async () => {
      const versions = ["a".repeat(1000), "b".repeat(1000)];
      await store.put("v", bytes(versions[0] ?? ""));
      const writes = Array.from(
        { length: 20 },
        (_, i) => store.put("v", bytes(versions[i % 2] ?? "")),
      );
      const reads = Array.from({ length: 20 }, () => text(store, "v"));
      for (const seen of await Promise.all(reads)) expect(versions).toContain(seen);
      await Promise.all(writes);
    });

    test("forgets what was deleted, and does not mind a second time", async () => {
      await store.put("a/b", bytes("x"));
      await store.delete("a/b");
      await store.delete("a/b");
      expect(await store.get("a/b")).toBeUndefined();
      expect(await store.put("a/b", bytes("y"), { ifAbsent: true })).toBeDefined();
    });

    for (const bad of ["", "/etc/passwd", "../x", "a/../b", "a//b", "a/", ".incoming/x", "a\0b"]) {
      test(`refuses the name ${JSON.stringify(bad)}`, async () => {
        const refused = { code: "object.bad_name" };
        await expect(store.get(bad)).rejects.toMatchObject(refused);
        await expect(store.head(bad)).rejects.toMatchObject(refused);
        await expect(store.put(bad, bytes("x"))).rejects.toMatchObject(refused);
        await expect(store.delete(bad)).rejects.toMatchObject(refused);
      });
    }
  });
}

const MIB = 1024 ** 2;
/** More than two parts of every implementation, and not a multiple of any. */
const LONG_BYTES = 18 * MIB + 7;

function byteAt(index: number): number {
  return (index * 31 + (index >> 13)) & 255;
}

function longStream(length: number, atEnd: () => void = () => {}) {
  let sent = 0;
  return new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      const from = sent;
      sent = Math.min(length, sent + 300_000);
      controller.enqueue(Uint8Array.from({ length: sent - from }, (_, i) => byteAt(from + i)));
      if (sent < length) return;
      atEnd();
      controller.close();
    },
  });
}

async function digestOf(body: ReadableStream<Uint8Array<ArrayBuffer>> | undefined) {
  const hash = createHash("sha256");
  for await (const chunk of body ?? []) hash.update(chunk);
  return hash.digest("hex");
}

function bytes(value: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(value);
}

async function text(
  store: ObjectStore,
  name: string,
  range?: { first: number; last: number },
): Promise<string | undefined> {
  const object = await store.get(name, range);
  return object && await new Response(object.body).text();
}
