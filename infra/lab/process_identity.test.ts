import { afterEach, expect, test } from "vitest";
import {
  endProcesses,
  identify,
  isAlive,
  parseStartTicks,
  processesWithEnvironment,
} from "./process_identity.ts";

const children: Deno.ChildProcess[] = [];
function sleeper(env: Record<string, string> = {}): Deno.ChildProcess {
  const child = new Deno.Command("sleep", { args: ["60"], env }).spawn();
  children.push(child);
  return child;
}
afterEach(async () => {
  for (const child of children.splice(0)) {
    try {
      child.kill("SIGKILL");
    } catch {
      // It has ended, which is what the test was about.
    }
    await child.status;
  }
});

const stat = (name: string, state: string) =>
  `4711 (${name}) ${state} 1 4711 4711 0 -1 4194304 1 0 0 0 10 5 0 0 20 0 1 0 883201 9999 1 2 3`;

test("parseStartTicks reads field 22, whatever the program's name holds", () => {
  expect(parseStartTicks(stat("sleep", "S"))).toBe(883201);
  expect(parseStartTicks(stat("a) Z 1 (b", "R"))).toBe(883201);
});

test("parseStartTicks takes a zombie and rubbish for ended", () => {
  expect(parseStartTicks(stat("sleep", "Z"))).toBeUndefined();
  expect(parseStartTicks("")).toBeUndefined();
  expect(parseStartTicks("4711 (sleep) S 1 2")).toBeUndefined();
});

test("a process with the same number but another start is not the same", () => {
  const process = identify(sleeper().pid);
  expect(process).toBeDefined();
  if (!process) return;
  expect(isAlive(process)).toBe(true);
  expect(isAlive({ ...process, startTicks: process.startTicks - 1 })).toBe(false);
});

test("endProcesses spares a process that only has the number of the one to end", async () => {
  const process = identify(sleeper().pid);
  if (!process) throw new Error("the child did not start");
  await endProcesses([{ ...process, startTicks: process.startTicks + 1 }], 50);
  expect(isAlive(process)).toBe(true);
  await endProcesses([process], 5000);
  expect(isAlive(process)).toBe(false);
});

test("processesWithEnvironment finds by the whole line, not by a part of it", () => {
  const mine = `LAB_TEST_MARK=${crypto.randomUUID()}`;
  const [name = "", value = ""] = mine.split("=");
  const child = sleeper({ [name]: value });
  sleeper({ [name]: `${value}-other` });
  expect(processesWithEnvironment(mine).map(({ pid }) => pid)).toEqual([child.pid]);
});
