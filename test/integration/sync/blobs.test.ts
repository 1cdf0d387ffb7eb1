import { afterAll, beforeAll, expect, test } from "vitest";
import { blobName, uploadName } from "@/region/object_store/object_names.ts";
import { sha256Hex } from "@/region/tokens/digest.ts";
import { type RegionUnderTest, startRegion } from "./region_under_test.ts";
import { codeOf, joinSite, type TestAgent } from "./test_agent.ts";

let region: RegionUnderTest;
let site: { id: string };
let agent: TestAgent;
const bytes = new TextEncoder().encode("0123456789");
// SHA-256 of the ten digits.
const sha256 = "84d89877f0d4041efb6bf91a16f0248f2fd573e6af05c19f96bedb9f882f7882";
beforeAll(async () => {
  region = await startRegion();
  site = await region.makeSite("One");
  agent = await joinSite(region, site.id);
});
afterAll(() => region.dispose());

test("an image's file comes whole, or the range that is asked for", async () => {
  await region.ctx.objectStore.put(blobName(sha256), bytes);
  const get = (range?: string) =>
    agent.request("GET", `/blobs/${sha256}`, { headers: range ? { range } : {} });
  const whole = await get();
  expect(whole.status).toBe(200);
  expect(Object.fromEntries(whole.headers)).toMatchObject({
    "content-length": "10",
    "accept-ranges": "bytes",
    "etag": `"${sha256}"`,
  });
  expect(await whole.text()).toBe("0123456789");
  const part = await get("bytes=3-5");
  expect(part.status).toBe(206);
  expect(part.headers.get("content-range")).toBe("bytes 3-5/10");
  expect(part.headers.get("content-length")).toBe("3");
  expect(await part.text()).toBe("345");
  const rest = await get("bytes=8-");
  expect([rest.status, await rest.text()]).toEqual([206, "89"]);
  const outside = await get("bytes=10-");
  expect([outside.status, outside.headers.get("content-range")]).toEqual([416, "bytes */10"]);
});

test("what a site uploads is kept apart, once, and is no image", async () => {
  const log = new TextEncoder().encode("the log of an installation");
  const name = await sha256Hex(log);
  const put = () => agent.request("PUT", `/blobs/${name}`, { bytes: log });
  expect((await put()).status).toBe(201);
  expect((await put()).status).toBe(200);
  const stored = await region.ctx.objectStore.get(uploadName(site.id, name));
  expect(await new Response(stored?.body).text()).toBe("the log of an installation");
  expect(await codeOf(await agent.request("GET", `/blobs/${name}`))).toBe("blob.missing");
});

test("an upload is refused when its name is not its hash, is no hash, or it is too large", async () => {
  const put = async (name: string, body = bytes) =>
    await codeOf(await agent.request("PUT", `/blobs/${name}`, { bytes: body }));
  expect(await put("0".repeat(64))).toBe("blob.hash_mismatch");
  expect(await put(sha256.toUpperCase())).toBe("blob.bad_name");
  expect(await put("..%2f..%2fsecrets")).toBe("blob.bad_name");
  const large = new Uint8Array(16 * 1024 * 1024 + 1);
  expect(await put(await sha256Hex(large), large)).toBe("request.too_large");
  const largest = large.subarray(1);
  const taken = await agent.request("PUT", `/blobs/${await sha256Hex(largest)}`, {
    bytes: largest,
  });
  expect(taken.status).toBe(201);
});

test("an upload whose proof is for another body is refused and not kept", async () => {
  const other = new TextEncoder().encode("another body");
  const name = await sha256Hex(other);
  const refused = await agent.request("PUT", `/blobs/${name}`, {
    bytes: other,
    wrong: { bh: "x" },
  });
  expect(await codeOf(refused)).toBe("proof.body_mismatch");
  expect(await region.ctx.objectStore.head(uploadName(site.id, name))).toBeUndefined();
});
