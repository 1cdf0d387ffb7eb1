import { afterEach, beforeEach, expect, test } from "vitest";
import {
  formatLine,
  isWorthMerging,
  mergeLeaseFiles,
  nextSegmentOf,
  readLeaseFiles,
  segmentPath,
} from "./lease_files.ts";

let folder = "";
let base = "";
beforeEach(async () => {
  folder = await Deno.makeTempDir();
  base = `${folder}/leases.log`;
});
afterEach(async () => {
  await Deno.remove(folder, { recursive: true });
});

const parse = (json: unknown) => typeof json === "number" ? json : undefined;
const line = (record: unknown) => formatLine(JSON.stringify(record));
const segment = (number: number, ...records: number[]) =>
  Deno.writeTextFileSync(segmentPath(base, number), records.map(line).join(""));
const read = (beforeSegment?: number) => {
  const records: number[] = [];
  const onRecord = (record: number) => records.push(record);
  const { damagedLines } = readLeaseFiles(base, { parse, onRecord, beforeSegment });
  return { records, damagedLines, nextSegment: nextSegmentOf(base) };
};
const keepLast = (upTo: number) =>
  mergeLeaseFiles(base, upTo, { parse, merge: (records) => [...records].slice(-2) });

test("no file: no records, and the first segment is 1", () => {
  expect(read()).toEqual({ records: [], damagedLines: 0, nextSegment: 1 });
});

test("a file of before there were segments is a base", () => {
  Deno.writeTextFileSync(base, line(1) + line(2));
  segment(1, 3);
  expect(read()).toEqual({ records: [1, 2, 3], damagedLines: 0, nextSegment: 2 });
});

test("a line is the CRC of its JSON, a space and the JSON", () => {
  expect(formatLine("1")).toBe("83dcefb7 1\n"); // CRC-32 of "1"
});

test("segments are read in order; torn and damaged lines are counted and left out", () => {
  segment(2, 20, 21);
  segment(10, 100);
  segment(1, 10);
  const torn = line(22).slice(0, -4);
  Deno.writeTextFileSync(segmentPath(base, 2), torn, { append: true });
  Deno.writeTextFileSync(segmentPath(base, 1), "83dcefb7 2\nnonsense\n", { append: true });
  expect(read()).toEqual({ records: [10, 20, 21, 100], damagedLines: 3, nextSegment: 11 });
});

test("a segment that another thread has begun meanwhile is not read", () => {
  segment(1, 10);
  segment(2, 20);
  expect(read(2).records).toEqual([10]);
});

test("merging replaces base and closed segments, and leaves the open one", () => {
  segment(1, 1, 2);
  segment(2, 3, 4);
  segment(3, 5);
  expect(keepLast(2)).toBe(2);
  expect(read()).toEqual({ records: [3, 4, 5], damagedLines: 0, nextSegment: 4 });
  expect([...Deno.readDirSync(folder)].map(({ name }) => name).sort())
    .toEqual(["leases.log", "leases.log.00000003"]);
  segment(4, 6);
  keepLast(3);
  expect(read().records).toEqual([4, 5, 6]);
});

test("segments that a crash has left behind after merging count once", () => {
  segment(1, 1, 2, 3);
  const before = Deno.readTextFileSync(segmentPath(base, 1));
  keepLast(1);
  Deno.writeTextFileSync(segmentPath(base, 1), before);
  expect(read()).toEqual({ records: [2, 3], damagedLines: 0, nextSegment: 2 });
  segment(2, 4);
  keepLast(2);
  expect(read().records).toEqual([3, 4]);
  expect([...Deno.readDirSync(folder)]).toHaveLength(1);
});

test("records are read and merged whole where a piece of the file ends inside of one", () => {
  const records = Array.from({ length: 20_000 }, (_, i) => i * 7_919);
  segment(1, ...records);
  segment(2, 1);
  expect(Deno.statSync(segmentPath(base, 1)).size).toBeGreaterThan(4 * 65_536);
  expect(read().records).toEqual([...records, 1]);
  mergeLeaseFiles(base, 1, { parse, merge: (all) => all });
  expect(read()).toEqual({ records: [...records, 1], damagedLines: 0, nextSegment: 3 });
});

test("starts that gave hardly a lease are not worth a new base; sixteen of them are", () => {
  expect(isWorthMerging(base, 0)).toBe(false);
  for (let number = 1; number < 16; number += 1) segment(number);
  expect(isWorthMerging(base, 15)).toBe(false);
  segment(16);
  expect(isWorthMerging(base, 15)).toBe(false);
  expect(isWorthMerging(base, 16)).toBe(true);
  keepLast(16);
  segment(17, ...Array.from({ length: 10_000 }, (_, i) => i));
  expect(isWorthMerging(base, 17)).toBe(true);
});
