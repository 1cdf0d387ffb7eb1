import { expect, test } from "vitest";
import { DomainError } from "@/shared/errors/domain_error.ts";
import type { PowerState } from "../../protocol/power/order.ts";
import type { BmcDescription, PowerClock, PowerDriver } from "./driver.ts";
import { PowerOrders } from "./power_orders.ts";

const bmc = (address: string): BmcDescription => ({
  kind: "ipmi",
  address,
  username: "admin",
  password: "hunter2-planted",
});

/** Waits take no time: the clock jumps, and every wait lets other work run. */
function jumpingClock(): PowerClock {
  let nowMs = 0;
  return {
    nowMs: () => nowMs,
    wait: (ms) => {
      nowMs += ms;
      return Promise.resolve();
    },
  };
}

/** Drivers over machines in memory; `log` is every call with its address, `open` those in use. */
function fakeRack(special: Partial<PowerDriver> = {}) {
  const states = new Map<string, PowerState>();
  const log: string[] = [];
  const open: string[] = [];
  let busiest = 0;
  const openDriver = ({ address }: BmcDescription): PowerDriver => {
    open.push(address);
    busiest = Math.max(busiest, open.filter((other) => other === address).length);
    const note = (what: string, state?: PowerState): Promise<void> => {
      log.push(`${address} ${what}`);
      if (state) states.set(address, state);
      return Promise.resolve();
    };
    return {
      query: () => note("query").then(() => states.get(address) ?? "off"),
      on: () => note("on", "on"),
      off: () => note("off", "off"),
      cycle: () => note("cycle", "on"),
      softOff: () => note("soft_off", "off"),
      setNextBoot: (device, { uefi }) => note(`next ${device} ${uefi ? "uefi" : "bios"}`),
      close: () => {
        if (open.includes(address)) open.splice(open.indexOf(address), 1);
        return note("close");
      },
      ...special,
    };
  };
  const orders = new PowerOrders({ openDriver, clock: jumpingClock() });
  return { orders, states, log, open, busiest: () => busiest };
}

test("executeOrder() carries an order out and closes the driver", async () => {
  const { orders, log, open } = fakeRack();
  expect(await orders.executeOrder(bmc("a"), "cycle_to_network")).toEqual({ state: "on" });
  expect(log).toEqual(["a next network uefi", "a query", "a query", "a on", "a query", "a close"]);
  expect(open).toEqual([]);
});

test("executeOrder() passes on that a machine boots by BIOS", async () => {
  const { orders, log } = fakeRack();
  await orders.executeOrder(bmc("a"), "next_boot_disk", { uefi: false });
  expect(log[0]).toBe("a next disk bios");
});

test("orders for one BMC run one after another, in the order they came", async () => {
  const { orders, log, busiest } = fakeRack();
  await Promise.all([
    orders.executeOrder(bmc("a"), "on"),
    orders.executeOrder(bmc("a"), "off"),
    orders.executeOrder(bmc("a"), "on"),
  ]);
  expect(busiest()).toBe(1);
  expect(log.filter((line) => / o/.test(line))).toEqual(["a on", "a off", "a on"]);
});

test("a BMC that hangs does not hold up another", async () => {
  const { orders } = fakeRack();
  const hanging = fakeRack({ query: () => new Promise(() => {}) });
  const abort = new AbortController();
  const stuck = hanging.orders.executeOrder(bmc("a"), "on", { signal: abort.signal });
  expect(await orders.executeOrder(bmc("b"), "on")).toEqual({ state: "on" });
  abort.abort();
  await expect(stuck).rejects.toMatchObject({ code: "power.order_cancelled" });
});

test("a failed order does not fail the next one", async () => {
  const { orders, open } = fakeRack();
  const error = new DomainError({ kind: "unavailable", code: "bmc.no_answer", message: "deaf" });
  let failures = 1;
  const flaky = fakeRack({
    query: () => failures-- > 0 ? Promise.reject(error) : Promise.resolve("on" as const),
  });
  const first = flaky.orders.executeOrder(bmc("a"), "on");
  const second = flaky.orders.executeOrder(bmc("a"), "on");
  await expect(first).rejects.toBe(error);
  expect(await second).toEqual({ state: "on" });
  expect(flaky.open).toEqual([]);
  expect(open).toEqual([]);
  await orders.executeOrder(bmc("a"), "query");
});

test("a fault of the program is not turned into an answer", async () => {
  const { orders, open } = fakeRack({ query: () => Promise.reject(new TypeError("a bug")) });
  await expect(orders.executeOrder(bmc("a"), "query")).rejects.toThrow(TypeError);
  expect(open).toEqual([]);
});

test("an order cancelled before it runs touches nothing", async () => {
  const { orders, log } = fakeRack();
  const signal = AbortSignal.abort();
  await expect(orders.executeOrder(bmc("a"), "on", { signal })).rejects.toMatchObject({
    code: "power.order_cancelled",
  });
  await orders.executeOrder(bmc("a"), "query"); // lets the queue run empty
  expect(log).toEqual(["a query", "a close"]);
});

test("an order cancelled under way closes its driver at once", async () => {
  const abort = new AbortController();
  let release = () => {};
  const { orders, log } = fakeRack({
    on: () => {
      abort.abort();
      return new Promise((resolve) => release = resolve);
    },
  });
  const cancelled = orders.executeOrder(bmc("a"), "on", { signal: abort.signal });
  await expect(cancelled).rejects.toMatchObject({ code: "power.order_cancelled" });
  expect(log).toContain("a close");
  release();
});

test("a seventeenth order for one BMC is refused, and none once the queue is empty", async () => {
  const { orders } = fakeRack();
  const waiting = Array.from({ length: 16 }, () => orders.executeOrder(bmc("a"), "query"));
  await expect(orders.executeOrder(bmc("a"), "query")).rejects.toMatchObject({
    code: "power.queue_full",
  });
  await Promise.all(waiting);
  expect(await orders.executeOrder(bmc("a"), "query")).toEqual({ state: "off" });
});
