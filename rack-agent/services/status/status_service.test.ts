import { afterEach, beforeEach, expect, test } from "vitest";
import {
  type AgentStatus,
  askLeases,
  askStatus,
  askWhy,
  type ShownLease,
  StatusService,
} from "./status_service.ts";
import { formatLeases } from "./format_status.ts";

const STATUS: AgentStatus = {
  pid: 1,
  boots: [],
  version: "1",
  agentId: "a-1",
  site: { id: "s-1", name: "one" },
  region: { url: "http://x", factsWaiting: 0 },
  networks: [],
  leases: 1,
  operations: [],
  counters: {},
};
const LEASE: ShownLease = {
  ipv4: "192.0.2.10",
  mac: "52:54:00:00:00:01",
  expiresAt: "2026-01-01T00:00:00.000Z",
};

let folder = "";
let service: StatusService;
const logged: string[] = [];

beforeEach(async () => {
  folder = await Deno.makeTempDir();
  logged.length = 0;
  service = new StatusService({
    folder,
    log: (event) => logged.push(event),
    status: () => STATUS,
    leases: () => [LEASE],
    why: (mac) => Promise.resolve(`nothing was heard of ${mac}`),
  });
  await service.start();
});
afterEach(async () => {
  await service.stop();
  await Deno.remove(folder, { recursive: true });
});

test("each question gets its answer", async () => {
  expect(await askStatus(folder)).toEqual(STATUS);
  expect(await askLeases(folder)).toEqual([LEASE]);
  expect(await askWhy(folder, LEASE.mac)).toBe("nothing was heard of 52:54:00:00:00:01");
});

test("whoever connects and asks nothing, or nonsense, keeps nobody waiting", async () => {
  const path = `${folder}/status.sock`;
  const silent = await Deno.connect({ transport: "unix", path });
  const confused = await Deno.connect({ transport: "unix", path });
  await confused.write(new TextEncoder().encode("hello\n"));
  expect(await new Response(confused.readable).text()).toBe("");
  expect(await askStatus(folder)).toEqual(STATUS);
  expect(logged).toEqual(["status.failed"]);
  silent.close();
});

test("leases are shown one a line", () => {
  expect(formatLeases([LEASE, { ...LEASE, ipv4: "192.0.2.111", hostname: "node-1" }])).toBe(
    "192.0.2.10       52:54:00:00:00:01  until 2026-01-01T00:00:00.000Z\n" +
      "192.0.2.111      52:54:00:00:00:01  until 2026-01-01T00:00:00.000Z  node-1",
  );
  expect(formatLeases([])).toBe("no leases");
});
