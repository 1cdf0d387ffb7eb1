import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type HostAddress, HostNames } from "./host_names.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const HERE: HostAddress = { address: "192.0.2.7", family: 4 };

/** DNS that answers when the test says so. */
function slowNames() {
  const asked: string[] = [];
  const answers: PromiseWithResolvers<HostAddress>[] = [];
  let nowMs = 0;
  const names = new HostNames({
    resolve(name) {
      asked.push(name);
      const answer = Promise.withResolvers<HostAddress>();
      answers.push(answer);
      return answer.promise;
    },
    monoMs: () => nowMs,
  });
  return { names, asked, answers, pass: (ms: number) => void (nowMs += ms) };
}

test("a name that many ask for is asked for once, and for a minute not again", async () => {
  const { names, asked, answers, pass } = slowNames();
  const both = Promise.all([names.find("bmc-1"), names.find("bmc-1")]);
  answers[0]?.resolve(HERE);
  expect(await both).toEqual([HERE, HERE]);
  pass(59_999);
  expect(await names.find("bmc-1")).toEqual(HERE);
  expect(asked).toEqual(["bmc-1"]);
});

test("no more than four names are asked for at once, and the others in their turn", async () => {
  const { names, asked, answers } = slowNames();
  const all = ["a", "b", "c", "d", "e", "f"].map((name) => names.find(name));
  expect(asked).toEqual(["a", "b", "c", "d"]);
  answers[1]?.reject(new Error("no such name"));
  await expect(all[1]).rejects.toThrow("no such name");
  await vi.waitFor(() => expect(asked).toEqual(["a", "b", "c", "d", "e"]));
  for (let i = 0; i < 6; i++) {
    answers[i]?.resolve(HERE);
    await vi.advanceTimersByTimeAsync(0);
  }
  expect(await Promise.all([all[0], all[2], all[3], all[4], all[5]])).toHaveLength(5);
});

test("while DNS is silent a known name keeps its address, and an unknown one has an end", async () => {
  const { names, answers, pass } = slowNames();
  const first = names.find("bmc-1");
  answers[0]?.resolve(HERE);
  await first;
  pass(60_000);
  const again = names.find("bmc-1");
  const unknown = expect(names.find("bmc-2")).rejects.toThrow('no answer about "bmc-2" in 5000 ms');
  await vi.advanceTimersByTimeAsync(5_000);
  expect(await again).toEqual(HERE);
  await unknown;
  expect(await names.find("bmc-1")).toEqual(HERE); // who comes next does not wait for it again
});

test("a name that DNS no longer knows has no address any more", async () => {
  const { names, answers, pass } = slowNames();
  const first = names.find("bmc-1");
  answers[0]?.resolve(HERE);
  await first;
  pass(60_000);
  const gone = expect(names.find("bmc-1")).rejects.toThrow("ENOTFOUND");
  answers[1]?.reject(
    Object.assign(new Error("getaddrinfo ENOTFOUND bmc-1"), { code: "ENOTFOUND" }),
  );
  await gone;
  const silent = expect(names.find("bmc-1")).rejects.toThrow("no answer");
  await vi.advanceTimersByTimeAsync(5_000);
  await silent;
});
