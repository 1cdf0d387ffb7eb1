import { expect, test } from "vitest";
import { DomainError } from "@/shared/errors/domain_error.ts";
import {
  type OrderEvent,
  type OrderStep,
  POWER_ORDERS,
  type PowerOrder,
  type PowerState,
  startOrder,
  stepOrder,
} from "./order.ts";

const fault = (code: string) => new DomainError({ kind: "unavailable", code, message: code });

/** A machine and its BMC, as far as orders can see. */
interface Machine {
  state: PowerState;
  /** Between accepting on or off and doing it. */
  readonly delayMs?: number;
  /** Answers a call instead of the BMC, or undefined for "as usual". */
  readonly answer?: (call: string, nowMs: number) => OrderEvent | undefined;
}

/** Carries an order out on virtual time; returns the end and everything that was done. */
function carryOut(order: PowerOrder, machine: Machine) {
  const done: string[] = [];
  let change: { atMs: number; state: PowerState } | undefined;
  let nowMs = 5_000;
  let current: OrderStep = startOrder(order, "192.0.2.7", nowMs);
  for (let turns = 0; turns < 1_000; turns++) {
    if (current.kind === "done" || current.kind === "failed") {
      return { end: current, done, tookMs: nowMs - 5_000 };
    }
    if (change && nowMs >= change.atMs) machine.state = change.state;
    if (current.kind === "wait") {
      done.push("wait");
      nowMs += current.waitMs;
      current = stepOrder(current.progress, { kind: "waited" }, nowMs);
      continue;
    }
    const { call } = current;
    const name = call.kind === "next_boot" ? `next_boot ${call.device}` : call.kind;
    done.push(name);
    nowMs += 10; // a call takes a little
    const special = machine.answer?.(name, nowMs);
    if (!special && (name === "on" || name === "off" || name === "soft_off")) {
      const state = name === "on" ? "on" : "off";
      change = { atMs: nowMs + (machine.delayMs ?? 0), state };
    }
    const usual: OrderEvent = name === "query"
      ? { kind: "state", state: machine.state }
      : { kind: "accepted" };
    current = stepOrder(current.progress, special ?? usual, nowMs);
  }
  throw new Error("the order never came to an end");
}

/** What was done apart from looking and waiting. */
const switches = (done: string[]) => done.filter((name) => name !== "query" && name !== "wait");

const table: [PowerOrder, PowerState, string[], PowerState][] = [
  ["query", "on", [], "on"],
  ["query", "off", [], "off"],
  ["on", "off", ["on"], "on"],
  ["on", "on", [], "on"],
  ["off", "on", ["off"], "off"],
  ["off", "off", [], "off"],
  ["soft_off", "on", ["soft_off"], "off"],
  ["cycle", "on", ["off", "on"], "on"],
  ["cycle", "off", ["on"], "on"],
  ["cycle_to_network", "on", ["next_boot network", "off", "on"], "on"],
  ["cycle_to_network", "off", ["next_boot network", "on"], "on"],
  ["cycle_to_disk", "on", ["next_boot disk", "off", "on"], "on"],
  ["next_boot_network", "on", ["next_boot network"], "on"],
  ["next_boot_disk", "off", ["next_boot disk"], "off"],
  ["next_boot_none", "off", ["next_boot none"], "off"],
];
for (const [order, state, expected, final] of table) {
  test(`${order} of a machine that is ${state} does ${expected.join(", ") || "nothing"}`, () => {
    const { end, done } = carryOut(order, { state, delayMs: 3_000 });
    expect(switches(done)).toEqual(expected);
    expect(end).toEqual({ kind: "done", state: final });
  });
}

test("the list above names every order", () => {
  expect(new Set(table.map(([order]) => order))).toEqual(new Set(POWER_ORDERS));
});

test("a cycle waits until the machine is seen off, rests a second, and waits until it is on", () => {
  const { done, tookMs } = carryOut("cycle", { state: "on", delayMs: 3_000 });
  const off = done.indexOf("off");
  const on = done.indexOf("on");
  expect(done.slice(off, on).filter((name) => name === "query").length).toBeGreaterThan(2);
  expect(done.at(-1)).toBe("query");
  expect(tookMs).toBeGreaterThan(3_000 + 1_000 + 3_000);
  expect(tookMs).toBeLessThan(12_000);
});

test("a cycle rests a second between off and on, unless the machine was off anyway", () => {
  expect(carryOut("cycle", { state: "on" }).tookMs).toBeGreaterThan(1_500);
  expect(carryOut("cycle", { state: "off" }).tookMs).toBeLessThan(1_000);
});

test("a BMC that forgets `on` once is told again after fifteen seconds", () => {
  let told = 0;
  const machine: Machine = {
    state: "off",
    answer: (call) => call === "on" && ++told === 1 ? { kind: "accepted" } : undefined,
  };
  const { end, tookMs } = carryOut("on", machine);
  expect(end).toEqual({ kind: "done", state: "on" });
  expect(told).toBe(2);
  expect(tookMs).toBeGreaterThan(15_000);
});

test("a machine that does not switch off fails the order after a minute", () => {
  const stuck: Machine = {
    state: "on",
    answer: (call) => call === "off" ? { kind: "accepted" } : undefined,
  };
  const { end, done, tookMs } = carryOut("cycle_to_network", stuck);
  expect(end).toMatchObject({ kind: "failed", error: { code: "bmc.state_not_reached" } });
  expect(switches(done)).not.toContain("on"); // never switched on what was not seen off
  expect(tookMs).toBeGreaterThanOrEqual(60_000);
  expect(tookMs).toBeLessThan(65_000);
});

test("soft_off presses the button once and gives the operating system five minutes", () => {
  const deaf: Machine = {
    state: "on",
    answer: (call) => call === "soft_off" ? { kind: "accepted" } : undefined,
  };
  const { end, done, tookMs } = carryOut("soft_off", deaf);
  expect(end).toMatchObject({ kind: "failed", error: { code: "bmc.state_not_reached" } });
  expect(switches(done)).toEqual(["soft_off"]);
  expect(tookMs).toBeGreaterThanOrEqual(300_000);
});

test("a BMC that falls silent or busy while the power changes is waited for", () => {
  const codes = ["bmc.no_answer", "bmc.busy", "bmc.not_now"];
  const machine: Machine = {
    state: "on",
    answer: (call, nowMs) => {
      const code = call === "query" && nowMs > 5_100 ? codes.pop() : undefined;
      return code === undefined ? undefined : { kind: "refused", error: fault(code) };
    },
  };
  expect(carryOut("cycle", machine).end).toEqual({ kind: "done", state: "on" });
  expect(codes).toEqual([]);
});

test("a BMC that never answers fails the order at the first call", () => {
  const answer = (): OrderEvent => ({ kind: "refused", error: fault("bmc.no_answer") });
  for (const order of POWER_ORDERS) {
    const { end, done } = carryOut(order, { state: "on", answer });
    expect(end).toMatchObject({ kind: "failed", error: { code: "bmc.no_answer" } });
    expect(done).toHaveLength(1);
  }
});

test("a refusal that will not pass fails the order at once", () => {
  const answer = (call: string): OrderEvent | undefined =>
    call === "off" ? { kind: "refused", error: fault("bmc.no_privilege") } : undefined;
  const { end, done } = carryOut("cycle", { state: "on", answer });
  expect(end).toMatchObject({ kind: "failed", error: { code: "bmc.no_privilege" } });
  expect(done).toEqual(["query", "off"]);
});

test("a refused next boot leaves the power alone", () => {
  const answer = (call: string): OrderEvent | undefined =>
    call === "next_boot network"
      ? { kind: "refused", error: fault("bmc.command_failed") }
      : undefined;
  const { end, done } = carryOut("cycle_to_network", { state: "on", answer });
  expect(end).toMatchObject({ kind: "failed", error: { code: "bmc.command_failed" } });
  expect(done).toEqual(["next_boot network"]);
});

test("a query is not patient: unknown is said at once", () => {
  const answer = (): OrderEvent => ({ kind: "refused", error: fault("bmc.busy") });
  expect(carryOut("query", { state: "on", answer }).done).toEqual(["query"]);
});

test("what cannot be seen is believed once it was accepted", () => {
  const { end, done } = carryOut("cycle", { state: "unknown", delayMs: 1e9 });
  expect(end).toEqual({ kind: "done", state: "unknown" });
  expect(switches(done)).toEqual(["off", "on"]);
});

test("what a driver does not have is skipped within an order, and refused as the order itself", () => {
  const answer = (call: string): OrderEvent | undefined =>
    call === "on" || call === "query"
      ? undefined
      : { kind: "refused", error: fault("power.not_supported") };
  const cycled = carryOut("cycle_to_network", { state: "unknown", delayMs: 1e9, answer });
  expect(cycled.end).toEqual({ kind: "done", state: "unknown" });
  expect(switches(cycled.done)).toEqual(["next_boot network", "off", "on"]);
  const refused = carryOut("off", { state: "unknown", answer }).end;
  expect(refused).toMatchObject({ kind: "failed", error: { code: "power.not_supported" } });
});
