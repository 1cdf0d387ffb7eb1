import { afterEach, beforeEach, expect, test } from "vitest";
import { claimRun, dropRun, liveOwner, readRunRecord } from "./run_record.ts";

let folder = "";
beforeEach(async () => {
  folder = await Deno.makeTempDir();
});
afterEach(() => Deno.remove(folder, { recursive: true }));

test("a claimed run can be read back, and its owner is alive", () => {
  const record = claimRun("lab", "/somewhere", folder);
  expect(readRunRecord("lab", folder)).toEqual(record);
  expect(liveOwner(record)?.pid).toBe(Deno.pid);
});

test("a run is claimed once, until it is dropped", () => {
  claimRun("lab", "/somewhere", folder);
  expect(() => claimRun("lab", "/elsewhere", folder)).toThrow(Deno.errors.AlreadyExists);
  claimRun("other", "/somewhere", folder);
  dropRun("lab", folder);
  dropRun("lab", folder);
  expect(readRunRecord("lab", folder)).toBeUndefined();
  claimRun("lab", "/elsewhere", folder);
});

test("an owner whose number went to another process is not alive", () => {
  const record = claimRun("lab", "/somewhere", folder);
  const { pid, startTicks } = record.owner;
  expect(liveOwner({ ...record, owner: { pid, startTicks: startTicks + 1 } })).toBeUndefined();
});

test("a torn record reads as none", async () => {
  await Deno.writeTextFile(`${folder}/lab.json`, '{"name":"lab","owner":{"pid":1');
  expect(readRunRecord("lab", folder)).toBeUndefined();
  await Deno.writeTextFile(`${folder}/lab.json`, '{"name":"lab","owner":{"pid":-1}}');
  expect(readRunRecord("lab", folder)).toBeUndefined();
});
