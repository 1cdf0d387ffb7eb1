import { afterEach, beforeEach, expect, test } from "vitest";
import { LeaseLog, readLeaseLog } from "./lease_log.ts";

interface Entry {
  readonly n: number;
}

let folder = "";
let path = "";

beforeEach(async () => {
  folder = await Deno.makeTempDir();
  path = `${folder}/leases.log`;
});
afterEach(() => Deno.remove(folder, { recursive: true }));

function parse(json: unknown): Entry | undefined {
  return typeof json === "object" && json && "n" in json && typeof json.n === "number"
    ? { n: json.n }
    : undefined;
}

const numbers = async () => (await readLeaseLog(path, parse)).records.map(({ n }) => n);

test("readLeaseLog() finds nothing where there is no file", async () => {
  expect(await readLeaseLog(path, parse)).toEqual({ records: [], damagedLines: 0 });
});

test("append() resolves once the record can be read back, in order", async () => {
  const log = await LeaseLog.start<Entry>(path, () => [{ n: 1 }]);
  await log.append({ n: 2 });
  expect(await numbers()).toEqual([1, 2]);
  await Promise.all([3, 4, 5].map((n) => log.append({ n })));
  expect(await numbers()).toEqual([1, 2, 3, 4, 5]);
  await log.close();
});

test("records appended while one is being written share the next write, and the promise", async () => {
  const log = await LeaseLog.start<Entry>(path, () => []);
  const first = log.append({ n: 1 });
  await Promise.resolve();
  await Promise.resolve();
  const [second, third] = [log.append({ n: 2 }), log.append({ n: 3 })];
  expect(second).toBe(third);
  expect(second).not.toBe(first);
  await Promise.all([first, second]);
  expect(await numbers()).toEqual([1, 2, 3]);
  await log.close();
});

test("start() replaces what was there by the snapshot, a torn end included", async () => {
  const log = await LeaseLog.start<Entry>(path, () => [{ n: 1 }, { n: 2 }]);
  await log.close();
  const whole = await Deno.readTextFile(path);
  for (let cut = 1; cut < whole.length / 2; cut += 1) {
    await Deno.writeTextFile(path, whole.slice(0, -cut));
    const { records, damagedLines } = await readLeaseLog(path, parse);
    // Without its newline alone, the last record is still whole.
    expect({ records, damagedLines }).toEqual(
      cut === 1
        ? { records: [{ n: 1 }, { n: 2 }], damagedLines: 0 }
        : { records: [{ n: 1 }], damagedLines: cut === whole.length / 2 ? 0 : 1 },
    );
    const next = await LeaseLog.start<Entry>(path, () => records);
    await next.append({ n: 9 });
    await next.close();
    expect((await numbers()).at(-1)).toBe(9);
    expect((await readLeaseLog(path, parse)).damagedLines).toBe(0);
  }
});

test("a damaged record in the middle is left out and counted; those after it stay", async () => {
  const log = await LeaseLog.start<Entry>(path, () => [{ n: 1 }, { n: 2 }, { n: 3 }]);
  await log.close();
  const text = await Deno.readTextFile(path);
  await Deno.writeTextFile(path, text.replace('"n":2', '"n":7'));
  expect(await readLeaseLog(path, parse)).toEqual({
    records: [{ n: 1 }, { n: 3 }],
    damagedLines: 1,
  });
});

test("a log that has grown is compacted to the snapshot", async () => {
  let sum = 0;
  const log = await LeaseLog.start<Entry>(path, () => [{ n: sum }], 200);
  for (let n = 1; n <= 100; n += 1) {
    sum += n;
    await log.append({ n: sum });
  }
  await log.close();
  expect((await Deno.stat(path)).size).toBeLessThan(600);
  expect((await numbers()).at(-1)).toBe(5_050);
});

test("append() rejects when the disk refuses, and works again when it does not", async () => {
  const log = await LeaseLog.start<Entry>(path, () => [{ n: 1 }], 0);
  await log.append({ n: 2 });
  await Deno.remove(folder, { recursive: true }); // the next append compacts, and cannot
  await expect(log.append({ n: 3 })).rejects.toThrow();
  await Deno.mkdir(folder);
  await log.append({ n: 4 });
  expect(await numbers()).toEqual([1, 4]);
  await log.close();
  await log.close();
});
