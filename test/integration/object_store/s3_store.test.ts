import { AwsClient } from "aws4fetch";
import { afterAll, beforeAll, expect, test } from "vitest";
import { objectStoreConformance } from "@/test/conformance/object_store.ts";
import { openS3Store } from "@/region/object_store/s3_store.ts";
import { type CephGateway, startCephGateway } from "./ceph_gateway.ts";

let gateway: CephGateway;
let buckets = 0;
beforeAll(async () => {
  gateway = await startCephGateway();
}, 180_000);
afterAll(() => gateway?.stop());

async function makeBucket() {
  const { endpoint, accessKeyId, secretAccessKey } = gateway;
  const bucket = `bucket-${++buckets}`;
  const client = new AwsClient({ accessKeyId, secretAccessKey, service: "s3", region: "default" });
  const response = await client.fetch(`${endpoint}/${bucket}`, { method: "PUT" });
  if (!response.ok) throw new Error(`no bucket: ${response.status} ${await response.text()}`);
  await response.body?.cancel();
  return { endpoint, bucket, region: "default", accessKeyId, secretAccessKey };
}

objectStoreConformance("S3 by Ceph's gateway", async () => {
  return { store: openS3Store(await makeBucket()), dispose: () => Promise.resolve() };
});

test("a wrong key and a bucket that is not there are outages, and are not taken for an absence", async () => {
  const address = await makeBucket();
  const outage = { kind: "unavailable", code: "object_store.unavailable" };
  const stranger = openS3Store({ ...address, secretAccessKey: "wrong" });
  await expect(stranger.get("a")).rejects.toMatchObject(outage);
  await expect(stranger.head("a")).rejects.toMatchObject(outage);
  await expect(stranger.put("a", new Uint8Array(1))).rejects.toMatchObject(outage);
  const elsewhere = openS3Store({ ...address, bucket: "none" });
  await expect(elsewhere.put("a", new Uint8Array(1))).rejects.toMatchObject(outage);
  await expect(elsewhere.list("")).rejects.toMatchObject(outage);
});

test("a server that is not there is an outage", async () => {
  const away = openS3Store({ ...await makeBucket(), endpoint: "http://127.0.0.1:9" });
  await expect(away.get("a")).rejects.toMatchObject({ code: "object_store.unavailable" });
});
