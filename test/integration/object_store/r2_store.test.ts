import { Miniflare } from "miniflare";
import { afterAll, beforeAll, expect, test } from "vitest";
import { objectStoreConformance } from "@/test/conformance/object_store.ts";
import { faultyBucket } from "@/test/homes/faulty_bucket.ts";
import { openR2Store } from "@/region/object_store/r2_store.ts";
import type { R2Bucket } from "@/region/object_store/r2_bucket.ts";
import { COMPATIBILITY } from "@/infra/cloudflare/compatibility.ts";

/** One for each test. */
const BUCKETS = Array.from({ length: 60 }, (_, i) => `BUCKET_${i}`);

let miniflare: Miniflare;
let used = 0;
beforeAll(async () => {
  miniflare = new Miniflare({
    modules: true,
    script: "export default {}",
    ...COMPATIBILITY,
    r2Buckets: BUCKETS,
  });
  await miniflare.ready;
});
afterAll(() => miniflare.dispose());

async function freshBucket(): Promise<R2Bucket> {
  const name = BUCKETS[used++];
  if (name === undefined) throw new Error("more tests than buckets");
  // The proxy's own type wants the whole of Cloudflare's types.
  return await miniflare.getR2Bucket(name) as unknown as R2Bucket;
}

objectStoreConformance("R2's binding", async () => {
  return { store: openR2Store(await freshBucket()), dispose: () => Promise.resolve() };
});

test("what R2 fails at is an outage that passes", async () => {
  const store = openR2Store(faultyBucket(await freshBucket(), () => "*"));
  const outage = { kind: "unavailable", code: "object_store.unavailable", retryAfterSeconds: 5 };
  await expect(store.get("a")).rejects.toMatchObject(outage);
  await expect(store.get("a", { first: 0, last: 1 })).rejects.toMatchObject(outage);
  await expect(store.head("a")).rejects.toMatchObject(outage);
  await expect(store.put("a", new Uint8Array(1))).rejects.toMatchObject(outage);
  await expect(store.list("")).rejects.toMatchObject(outage);
  await expect(store.delete("a")).rejects.toMatchObject(outage);
});
