import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ObjectStore } from "@/region/object_store/object_store.ts";

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
