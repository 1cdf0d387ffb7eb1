import { describe, expect, test } from "vitest";
import { parseMacAddress } from "@/shared/net/mac_address.ts";
import {
  type ImportedMachine,
  type KnownMachine,
  type KnownThings,
  planImport,
} from "./plan_import.ts";

const mac = (n: number) => parseMacAddress(`525400000${n.toString(16).padStart(3, "0")}`);

const there: KnownMachine = {
  systemId: "abcdef",
  siteId: "s-1",
  hostname: "old",
  macs: [mac(1), mac(2)],
  architecture: "amd64",
  bmc: { kind: "ipmi", address: "10.0.0.1", port: 623, username: "root" },
  zone: "default",
  pool: "default",
  tags: ["fast"],
  description: "",
};
const other = { ...there, systemId: "ghijkl", hostname: "other", macs: [mac(3)] };

const known: KnownThings = {
  siteIds: new Set(["s-1", "s-2"]),
  zones: new Map([["default", 1], ["row-1", 2]]),
  pools: new Map([["default", 1]]),
  tags: new Map([["fast", { id: 1, isAutomatic: false }], ["big", { id: 2, isAutomatic: true }]]),
  machines: [there, other],
};

function plan(...machines: Partial<ImportedMachine>[]) {
  const lines = machines.map((machine, i) => ({
    line: i + 2,
    machine: { siteId: "s-1", macs: [mac(9)], ...machine },
  }));
  return planImport(lines, known);
}
const faultsOf = (...machines: Partial<ImportedMachine>[]) =>
  plan(...machines).flatMap((each) =>
    each.kind === "refused" ? each.faults.map(({ line, code, field }) => [line, code, field]) : []
  );

describe("planImport()", () => {
  test("takes what nobody has as new", () => {
    expect(plan({ hostname: "new", zone: "row-1", tags: ["fast", "big"] })).toMatchObject([
      { kind: "new", line: 2, machine: { hostname: "new" } },
    ]);
  });

  test("finds a machine by any of its addresses, at its site only", () => {
    expect(plan({ macs: [mac(2)] })).toMatchObject([
      { kind: "exists", existing: { systemId: "abcdef" }, differences: [] },
    ]);
    expect(plan({ macs: [mac(2)], siteId: "s-2" })).toMatchObject([{ kind: "new" }]);
  });

  test("tells in what the line and the machine that is there differ, and in nothing else", () => {
    const same = {
      macs: [mac(1)],
      hostname: "old",
      tags: ["big", "fast"],
      bmc: { kind: "ipmi", address: "10.0.0.1", username: "root" },
    } as const;
    expect(plan(same)).toMatchObject([{ kind: "exists", differences: [] }]);
    const [differing] = plan({
      macs: [mac(1), mac(7)],
      hostname: "new",
      zone: "row-1",
      tags: [],
      bmc: { kind: "ipmi", address: "10.0.0.2", username: "root", password: "never" },
    });
    expect(differing).toMatchObject({
      differences: [
        { field: "hostname", existing: "old", given: "new" },
        { field: "zone", existing: "default", given: "row-1" },
        { field: "macs", existing: `${mac(1)} ${mac(2)}` },
        { field: "tags", existing: "fast", given: "" },
        { field: "bmc", existing: "ipmi root@10.0.0.1:623", given: "ipmi root@10.0.0.2:623" },
      ],
    });
    expect(JSON.stringify(differing)).not.toContain("never");
  });

  test("refuses names that there are not, each by itself", () => {
    expect(faultsOf({ siteId: "s-9", zone: "x", pool: "y", tags: ["fast", "z"] })).toEqual([
      [2, "site.missing", "siteId"],
      [2, "zone.missing", "zone"],
      [2, "pool.missing", "pool"],
      [2, "tag.missing", "tags"],
    ]);
  });

  test("refuses a name that another machine has, and addresses of two machines", () => {
    expect(faultsOf({ hostname: "other" })).toEqual([[2, "import.hostname_taken", "hostname"]]);
    expect(faultsOf({ macs: [mac(1), mac(3)] })).toEqual([[2, "import.macs_of_several", "macs"]]);
  });

  test("refuses what an earlier line has, and says which", () => {
    const lines = [{ hostname: "a" }, { hostname: "b" }, { hostname: "a", macs: [mac(8)] }];
    expect(faultsOf(...lines)).toEqual([
      [3, "import.repeated", "macs"],
      [4, "import.repeated", "hostname"],
    ]);
    expect(plan(...lines)[1]).toMatchObject({
      faults: [{ detail: expect.stringContaining("line 2") }],
    });
  });

  test("wants the password of a BMC that is new, not of one that is known", () => {
    const bmc = { kind: "ipmi", address: "10.0.0.1", username: "root" } as const;
    expect(faultsOf({ bmc })).toEqual([[2, "import.bmc_password_missing", "bmc.password"]]);
    expect(faultsOf({ macs: [mac(1)], bmc }, { bmc: { ...bmc, password: "" } })).toEqual([]);
  });
});
