import { expect, test } from "vitest";
import { columnOf, machineCells, readHeader, readMachineRecord } from "./machine_csv.ts";

const header = (...cells: string[]) => readHeader({ line: 1, cells });

test("readHeader() takes the columns in any order, and refuses others by name", () => {
  expect(header("macs", " hostname")).toEqual(["macs", "hostname"]);
  expect(header("macs", "colour")).toMatchObject({
    detail: expect.stringMatching(/"colour" is not a column.*hostname, macs/),
  });
  expect(header("macs;hostname")).toMatchObject({ detail: expect.stringContaining("commas") });
  expect(header("macs", "zone", "macs")).toMatchObject({
    detail: "the column macs is there twice",
  });
  expect(header("hostname")).toMatchObject({ detail: expect.stringContaining("no column macs") });
  expect(header("toString")).toMatchObject({ detail: expect.stringContaining("not a column") });
});

test("readMachineRecord() makes lists of cells with spaces, and says nothing of empty ones", () => {
  const columns = ["macs", "tags", "bmcAddress", "bmcPort", "bmcPassword", "zone"] as const;
  const record = { line: 2, cells: ["a  b", "", "10.0.0.1", "624", " x ", "row 1"] };
  expect(readMachineRecord(columns, record)).toEqual({
    macs: ["a", "b"],
    zone: "row 1",
    bmc: { kind: "ipmi", address: "10.0.0.1", port: 624, password: " x " },
  });
  expect(readMachineRecord(["macs"], { line: 7, cells: ["a", "b"] })).toEqual({
    line: 7,
    detail: "it has 2 cells, and the header 1",
  });
});

test("columnOf() finds the column that a field stands in", () => {
  expect(["macs[3]", "bmc.password", "bmc", "zone", "else"].map(columnOf)).toEqual([
    "macs",
    "bmcPassword",
    "bmcAddress",
    "zone",
    "else",
  ]);
});

test("machineCells() has a cell for each column, and never a password", () => {
  const cells = machineCells({
    siteId: "s-1",
    hostname: "a",
    macs: ["m", "n"],
    architecture: "amd64",
    bmc: { kind: "ipmi", address: "10.0.0.1", port: 623, username: "root" },
    zone: "z",
    pool: "p",
    tags: ["t", "u"],
    description: "d",
  });
  expect(cells.join("|")).toBe("s-1|a|m n|amd64|ipmi|10.0.0.1|623|root||||||||z|p|t u|d");
});
