import { expect, test } from "vitest";
import { undoOf } from "./undo_change.ts";

const machine = (systemId: string, zone: string, tags: string[]) => ({
  ...{ systemId, zone, pool: "default", tags },
});

test("undoOf() takes back what was changed, and nothing that was so before", () => {
  const change = { zone: "row 2", pool: "default", tags: { add: ["gpu"], remove: ["old"] } };
  const machines = [
    machine("a", "row 1", ["old"]),
    machine("b", "row 1", ["old"]),
    machine("c", "row 2", ["gpu"]),
    machine("d", "row 3", ["gpu"]),
  ];
  expect(undoOf(change, machines)).toEqual([
    { systemIds: ["a", "b"], change: { zone: "row 1", tags: { add: ["old"], remove: ["gpu"] } } },
    { systemIds: ["d"], change: { zone: "row 3" } },
  ]);
});
