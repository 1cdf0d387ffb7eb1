import { afterEach, beforeEach, expect, test } from "vitest";
import { StatusPage } from "./status_page.ts";
import type { AgentStatus } from "./status_service.ts";

const STATUS: AgentStatus = {
  version: "1.2.3",
  pid: 1,
  agentId: "a-1",
  site: { id: "s-1", name: "<one>" },
  region: { url: "https://region.example", factsWaiting: 4 },
  networks: [],
  leases: 7,
  operations: [],
  boots: [],
  counters: { tftp: { received: 5, dropped: { "tftp.timeout": 2 } } },
};

let page: StatusPage;
let port = 0;

beforeEach(async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  ({ port } = listener.addr as Deno.NetAddr); // a TCP listener's address is one
  listener.close();
  page = new StatusPage({ port, status: () => STATUS, log: () => {} });
  await page.start();
});
afterEach(() => page.stop());

const get = async (path: string, init?: RequestInit) => {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, init);
  return { status: response.status, text: await response.text() };
};

test("/metrics tells numbers to Prometheus", async () => {
  const { text } = await get("/metrics");
  expect(text).toContain("\nrackwright_leases 7\n");
  expect(text).toContain("\nrackwright_region_reachable 1\n");
  expect(text).toContain('\nrackwright_tftp_dropped{reason="tftp.timeout"} 2\n');
  expect(text).toContain('\nrackwright_udp_receive_drops_total{port="67"} ');
});

test("the page shows names as text", async () => {
  const { text } = await get("/");
  expect(text).toContain('site "&lt;one>"');
  expect(JSON.parse((await get("/status.json")).text)).toEqual(STATUS);
});

test("only questions to loopback by its own name are answered", async () => {
  expect((await get("/elsewhere")).status).toBe(404);
  expect((await get("/", { method: "POST" })).status).toBe(405);
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const request = "GET /status.json HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n";
  await connection.write(new TextEncoder().encode(request));
  const answer = await new Response(connection.readable).text();
  expect(answer).toContain("403");
});
