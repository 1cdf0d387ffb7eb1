import { afterAll, beforeAll, expect, test } from "vitest";
import { parseRange, safePath, serveFolder, type StreamsServer } from "./streams_server.ts";

test.each([
  [null, undefined],
  ["bytes=0-3", { first: 0, last: 3 }],
  ["bytes=8-", { first: 8, last: 9 }],
  ["bytes=-4", { first: 6, last: 9 }],
  ["bytes=-40", { first: 0, last: 9 }],
  ["bytes=5-40", { first: 5, last: 9 }],
  ["bytes=10-", "unsatisfiable"],
  ["bytes=-0", "unsatisfiable"],
  ["bytes=5-2", undefined],
  ["bytes=0-1,3-4", undefined],
  ["lines=0-1", undefined],
  ["bytes=-", undefined],
])("the range %j of ten bytes is %j", (header, range) => {
  expect(parseRange(header, 10)).toEqual(range);
});

test("safePath stays below the folder", () => {
  expect(safePath("/streams/v1/index.json")).toBe("streams/v1/index.json");
  expect(safePath("//a")).toBe("a");
  for (const path of ["/", "/../a", "/a/%2e%2e/b", "/a%00b", "/%"]) {
    expect(safePath(path)).toBeUndefined();
  }
});

let folder = "";
let server: StreamsServer;
beforeAll(async () => {
  folder = await Deno.makeTempDir();
  await Deno.writeTextFile(`${folder}/digits`, "0123456789");
  server = serveFolder(folder);
});
afterAll(async () => {
  await server.stop();
  await Deno.remove(folder, { recursive: true });
});

test("serveFolder gives whole files and parts of them", async () => {
  const whole = await fetch(`${server.url}/digits`);
  expect([whole.status, await whole.text()]).toEqual([200, "0123456789"]);
  const part = await fetch(`${server.url}/digits`, { headers: { range: "bytes=2-4" } });
  expect([part.status, await part.text()]).toEqual([206, "234"]);
  expect(part.headers.get("content-range")).toBe("bytes 2-4/10");
  const head = await fetch(`${server.url}/digits`, { method: "HEAD" });
  expect(head.headers.get("content-length")).toBe("10");
});

test("serveFolder refuses what is not there, folders, and writing", async () => {
  const statusOf = async (path: string, init?: RequestInit) => {
    const response = await fetch(server.url + path, init);
    await response.body?.cancel();
    return response.status;
  };
  expect(await statusOf("/none")).toBe(404);
  expect(await statusOf("/")).toBe(404);
  expect(await statusOf("/digits", { headers: { range: "bytes=10-" } })).toBe(416);
  expect(await statusOf("/digits", { method: "PUT", body: "x" })).toBe(405);
});
