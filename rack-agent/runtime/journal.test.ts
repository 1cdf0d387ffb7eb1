import { afterEach, beforeEach, expect, test } from "vitest";
import type { NewFact } from "@/shared/contract/facts.ts";
import type { Clock } from "./clock.ts";
import { Journal } from "./journal.ts";

let folder: string;
let nowMs = 0;
const clock: Clock = { nowMs: () => nowMs, monoMs: () => nowMs };

beforeEach(async () => {
  folder = await Deno.makeTempDir();
  nowMs = Date.parse("2026-01-01T00:00:00Z");
});

afterEach(() => Deno.remove(folder, { recursive: true }));

const observed: NewFact = { kind: "power.observed", state: "on" };
const started = (operationId: string): NewFact => ({
  kind: "operation.started",
  operationKind: "deploy",
  operationId,
});

test("a journal numbers facts from 1 and finds them again", async () => {
  const journal = await Journal.open(folder, clock);
  expect(journal.append(observed).seq).toBe(1);
  expect(journal.append(observed).seq).toBe(2);
  await journal.close();
  const again = await Journal.open(folder, clock);
  expect(again.pending(10).map(({ seq }) => seq)).toEqual([1, 2]);
  expect(again.append(observed).seq).toBe(3);
  await again.close();
});

test("a fact is on disk as soon as it is appended, whatever happens to the process", async () => {
  const journal = await Journal.open(folder, clock);
  journal.append(observed);
  const other = await Journal.open(folder, clock); // as after a kill -9: nothing was closed
  expect(other.pending(10)).toHaveLength(1);
  await other.close();
  await journal.close();
});

test("acknowledged facts are not sent again, and their numbers are not given again", async () => {
  const journal = await Journal.open(folder, clock);
  for (let i = 0; i < 5; i++) journal.append(observed);
  await journal.acknowledge(3, new Set());
  expect(journal.pending(10).map(({ seq }) => seq)).toEqual([4, 5]);
  await journal.acknowledge(5, new Set());
  await journal.compact();
  await journal.close();
  const again = await Journal.open(folder, clock);
  expect(again.pending(10)).toEqual([]);
  expect(again.append(observed).seq).toBe(6);
  await again.close();
});

test("facts of a running operation outlive their acknowledgement", async () => {
  const journal = await Journal.open(folder, clock);
  journal.append(started("o-1"));
  journal.append(started("o-2"));
  await journal.acknowledge(2, new Set(["o-1"]));
  await journal.compact();
  await journal.close();
  const again = await Journal.open(folder, clock);
  expect(again.factsOf("o-1")).toHaveLength(1);
  expect(again.factsOf("o-2")).toEqual([]);
  await again.close();
});

test.each([
  ["half a line", (text: string) => text.slice(0, -20)],
  ["noise at the end", (text: string) => text + "\u0000\u0000garbage"],
])("%s after a crash costs nothing that was whole", async (_, damage) => {
  const journal = await Journal.open(folder, clock);
  for (let i = 0; i < 3; i++) journal.append(observed);
  await journal.close();
  const path = `${folder}/journal.ndjson`;
  await Deno.writeTextFile(path, damage(await Deno.readTextFile(path)));
  const again = await Journal.open(folder, clock);
  const kept = again.pending(10).length;
  expect(kept).toBeGreaterThanOrEqual(2);
  expect(again.append(observed).seq).toBe(kept + 1);
  await again.close();
  const third = await Journal.open(folder, clock);
  expect(third.pending(10)).toHaveLength(kept + 1);
  await third.close();
});

test("facts appended while the file is rewritten are in the new file", async () => {
  const journal = await Journal.open(folder, clock);
  for (let i = 0; i < 100; i++) journal.append(observed);
  const compacting = journal.compact();
  for (let i = 0; i < 50; i++) {
    journal.append(observed);
    await Promise.resolve();
  }
  await compacting;
  journal.append(observed);
  await journal.close();
  const again = await Journal.open(folder, clock);
  expect(again.pending(1000).map(({ seq }) => seq)).toEqual(
    Array.from({ length: 151 }, (_, i) => i + 1),
  );
  await again.close();
});

test("a fact of a kind that this version does not know does not hide those after it", async () => {
  const journal = await Journal.open(folder, clock);
  journal.append(observed);
  await journal.close();
  const path = `${folder}/journal.ndjson`;
  const line = (await Deno.readTextFile(path)).replace("power.observed", "from.the_future");
  await Deno.writeTextFile(path, line + line.replace("from.the_future", "power.observed"));
  const again = await Journal.open(folder, clock);
  expect(again.pending(10)).toHaveLength(1);
  await again.close();
});
