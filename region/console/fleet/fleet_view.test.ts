import { expect, test } from "vitest";
import type { FleetMachine } from "./fleet.ts";
import { countValues, type FleetQuery, sortFleet, viewFleet } from "./fleet_view.ts";

const QUERY: FleetQuery = {
  text: "",
  filters: {},
  sort: "hostname",
  isDescending: false,
  groupBy: undefined,
};

function machine(hostname: string, fields: Partial<FleetMachine> = {}): FleetMachine {
  return {
    systemId: `id-${hostname}`,
    hostname,
    siteId: "s-1",
    status: "Ready",
    statusChangedAt: "2026-01-01T00:00:00.000Z",
    isLocked: false,
    power: { state: "off", at: null, fault: null },
    macs: ["52:54:00:00:00:01"],
    architecture: "amd64",
    zone: "default",
    pool: "default",
    tags: [],
    description: "",
    cpuCount: 8,
    memoryMib: 1024,
    diskCount: 1,
    storageBytes: 10,
    operation: null,
    owner: null,
    imageId: null,
    failure: null,
    bmc: null,
    ...fields,
  };
}

const FLEET = [
  machine("node-10", { status: "Deployed", tags: ["gpu", "fast"], owner: "ann" }),
  machine("node-2", { tags: ["gpu"], memoryMib: 4096 }),
  machine("db-1", { status: "Failed deployment", failure: { code: "x.y", message: "no lease" } }),
];

const names = (query: Partial<FleetQuery>, closed?: ReadonlySet<string>) =>
  viewFleet(sortFleet(FLEET, { ...QUERY, ...query }), { ...QUERY, ...query }, closed).rows.map((
    row,
  ) => row.kind === "machine" ? row.machine.hostname : `${row.value}: ${row.count}`);

test("names are ordered as people count", () => {
  expect(names({})).toEqual(["db-1", "node-2", "node-10"]);
  expect(names({ isDescending: true })).toEqual(["db-1", "node-2", "node-10"].reverse());
});

test("the same value in the column is ordered by name, either way round", () => {
  expect(names({ sort: "memory" })).toEqual(["db-1", "node-10", "node-2"]);
  expect(names({ sort: "memory", isDescending: true })).toEqual(["node-2", "db-1", "node-10"]);
});

test("every word must be somewhere in a machine", () => {
  expect(names({ text: "node GPU" })).toEqual(["node-2", "node-10"]);
  expect(names({ text: "no lease" })).toEqual(["db-1"]);
  expect(names({ text: "node lease" })).toEqual([]);
  expect(names({ text: "10.0.0.9", alsoIds: new Set(["id-db-1"]) })).toEqual(["db-1"]);
});

test("of tags all must be there, of everything else any", () => {
  expect(names({ filters: { tag: ["gpu", "fast"] } })).toEqual(["node-10"]);
  expect(names({ filters: { status: ["Ready", "Deployed"] } })).toEqual(["node-2", "node-10"]);
  expect(names({ filters: { owner: ["nobody"], status: ["Ready"] } })).toEqual(["node-2"]);
});

test("groups are in the order of a machine's life; a closed one keeps its count", () => {
  expect(names({ groupBy: "status" }, new Set(["Ready"]))).toEqual([
    "Ready: 1",
    "Deployed: 1",
    "node-10",
    "Failed deployment: 1",
    "db-1",
  ]);
});

test("a machine with two tags is in two groups, and counted once", () => {
  expect(names({ groupBy: "tag" })).toEqual([
    ": 1",
    "db-1",
    "fast: 1",
    "node-10",
    "gpu: 2",
    "node-2",
    "node-10",
  ]);
  expect(viewFleet(FLEET, { ...QUERY, groupBy: "tag" }).machines).toHaveLength(3);
});

test("a facet is counted as if it were not filtered by itself", () => {
  const query = { ...QUERY, filters: { status: ["Ready"], tag: ["gpu"] } } as const;
  expect([...countValues(FLEET, query, "status")]).toEqual([["Deployed", 1], ["Ready", 1]]);
});
