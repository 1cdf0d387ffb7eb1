import { expect, test } from "vitest";
import { KnownFact } from "@/shared/contract/facts.ts";
import { type Observation, ObservationService } from "./observation_service.ts";

const status = {
  version: "1.0.0",
  pid: 1,
  agentId: "a-1",
  site: { id: "s-1", name: "One" },
  region: { url: "https://region.example", factsWaiting: 3 },
  generation: 7,
  networks: [{ cidr: "10.0.0.0/24", state: "served" }],
  leases: 2,
  operations: [],
  boots: [],
  counters: { dhcp: { received: 5 } },
};

test("the first observation comes with the checks, as the contract has it", async () => {
  const told: Observation[] = [];
  const service = new ObservationService({
    log: () => {},
    status: () => status,
    checks: () =>
      Promise.resolve([{ code: "check.disk", level: "problem", saw: "full", advice: "add one" }]),
    cache: () => Promise.resolve({ files: 4, bytes: 2048 }),
    onObserved: (observed) => told.push(observed),
  });
  await service.start();
  await service.stop(); // waits for the checks
  expect(told).toHaveLength(1);
  const fact = {
    kind: "agent.observed",
    ...told[0],
    seq: 1,
    at: "2026-01-01T00:00:00Z",
    monoMs: 1,
  };
  expect(KnownFact.parse(fact)).toMatchObject({
    served: [{ cidr: "10.0.0.0/24", state: "served" }],
    checks: [{ code: "check.disk", level: "problem" }],
    leases: 2,
    factsWaiting: 3,
    generation: 7,
    cache: { files: 4, bytes: 2048 },
  });
});

test("checks that fail keep nothing from being told", async () => {
  const told: Observation[] = [];
  const logged: string[] = [];
  const service = new ObservationService({
    log: (event) => logged.push(event),
    status: () => status,
    checks: () => Promise.reject(new Error("no /proc")),
    cache: () => Promise.resolve({ files: 4, bytes: 2048 }),
    onObserved: (observed) => told.push(observed),
  });
  await service.start();
  await service.stop();
  expect([told.length, told[0]?.checks, logged]).toEqual([1, [], ["checks.failed"]]);
});

test("a cache that cannot be read keeps nothing from being told", async () => {
  const told: Observation[] = [];
  const service = new ObservationService({
    log: () => {},
    status: () => status,
    checks: () => Promise.resolve([]),
    cache: () => Promise.reject(new Error("no folder")),
    onObserved: (observed) => told.push(observed),
  });
  await service.start();
  await service.stop();
  expect(told).toMatchObject([{ leases: 2, cache: undefined }]);
});
