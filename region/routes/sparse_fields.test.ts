import { z } from "@hono/zod-openapi";
import { expect, test } from "vitest";
import { acceptedPaths, parsePaths, pick } from "./sparse_fields.ts";

const Item = z.object({
  id: z.string(),
  power: z.object({ state: z.string(), at: z.string() }).nullable(),
  disks: z.array(z.object({ name: z.string(), bytes: z.int() })).optional(),
});
const item = { id: "x", power: { state: "on", at: "now" }, disks: [{ name: "sda", bytes: 7 }] };
const accepted = acceptedPaths(Item);

test("acceptedPaths() looks into objects, lists and what may be null or absent", () => {
  expect(accepted).toEqual([
    "id",
    "power",
    "power.state",
    "power.at",
    "disks",
    "disks.name",
    "disks.bytes",
  ]);
});

test.each([
  ["id", { id: "x" }],
  ["power.state", { power: { state: "on" } }],
  ["power.state,power.at", { power: { state: "on", at: "now" } }],
  ["power.state,power", { power: { state: "on", at: "now" } }],
  ["disks.name", { disks: [{ name: "sda" }] }],
])("pick() keeps %s", (text, kept) => {
  expect(pick(item, parsePaths(text, accepted).paths)).toEqual(kept);
});

test("pick() leaves null as it is", () => {
  const { paths } = parsePaths("power.state", accepted);
  expect(pick({ ...item, power: null }, paths)).toEqual({ power: null });
});

test.each(["", "id,", "power.", "id.x", "toString", "__proto__"])(
  "parsePaths() knows that there is no %j",
  (text) => expect(parsePaths(text, accepted).unknown).toBeDefined(),
);
