import { DomainError } from "@/shared/errors/domain_error.ts";
import {
  type DriverCall,
  type OrderEvent,
  type OrderStep,
  type PowerOrder,
  type PowerState,
  startOrder,
  stepOrder,
} from "../../protocol/power/order.ts";
import type { BmcDescription, PowerClock, PowerDriver } from "./driver.ts";

export interface PowerOrdersDeps {
  openDriver(bmc: BmcDescription): PowerDriver;
  readonly clock: PowerClock;
}

/** Orders waiting for one BMC; more than this is a fault of whoever sends them. */
const QUEUE_MAX = 16;

/** Carries out power orders: one at a time per BMC, any number of BMCs side by side. */
export class PowerOrders {
  readonly #deps: PowerOrdersDeps;
  readonly #queues = new Map<string, { length: number; last: Promise<unknown> }>();

  constructor(deps: PowerOrdersDeps) {
    this.#deps = deps;
  }

  /**
   * Resolves with the power state once the order is carried out and the BMC reports it.
   *
   * `uefi` is the machine's firmware, for next-boot orders; true when absent. Rejects with a
   * DomainError: a `bmc.` code, or `power.order_cancelled` once `signal` aborts.
   */
  async executeOrder(
    bmc: BmcDescription,
    order: PowerOrder,
    options: { signal?: AbortSignal; uefi?: boolean } = {},
  ): Promise<{ state: PowerState }> {
    const signal = options.signal ?? new AbortController().signal;
    const work = { bmc, order, signal, uefi: options.uefi ?? true };
    return await unlessAborted(this.#enqueue(bmc, () => this.#execute(work)), work);
  }

  /** Appends to the BMC's queue; a failed order does not hold up the next. */
  #enqueue<T>(bmc: BmcDescription, run: () => Promise<T>): Promise<T> {
    const key = `${bmc.kind} ${bmc.address} ${bmc.port ?? ""}`;
    const queue = this.#queues.get(key) ?? { length: 0, last: Promise.resolve() };
    if (queue.length >= QUEUE_MAX) return Promise.reject(queueFull(bmc));
    const result = queue.last.then(run);
    queue.length++;
    queue.last = result.catch(() => undefined).then(() => {
      queue.length--;
      if (queue.length === 0) this.#queues.delete(key);
    });
    this.#queues.set(key, queue);
    return result;
  }

  async #execute(work: Work): Promise<{ state: PowerState }> {
    if (work.signal.aborted) throw cancelled(work);
    const driver = this.#deps.openDriver(work.bmc);
    const onAbort = () => void driver.close(); // ends the call in hand
    work.signal.addEventListener("abort", onAbort, { once: true });
    try {
      return { state: await this.#pursue(driver, work) };
    } finally {
      work.signal.removeEventListener("abort", onAbort);
      await driver.close();
    }
  }

  async #pursue(driver: PowerDriver, work: Work): Promise<PowerState> {
    const { clock } = this.#deps;
    let current: OrderStep = startOrder(work.order, work.bmc.address, clock.nowMs());
    // Ends: every goal of an order has a time limit, see protocol/power/order.ts.
    while (true) {
      if (work.signal.aborted) throw cancelled(work);
      if (current.kind === "done") return current.state;
      if (current.kind === "failed") throw current.error;
      const event = current.kind === "wait"
        ? await clock.wait(current.waitMs, work.signal).then(() => ({ kind: "waited" } as const))
        : await outcomeOf(driver, current.call, work.uefi);
      current = stepOrder(current.progress, event, clock.nowMs());
    }
  }
}

interface Work {
  readonly bmc: BmcDescription;
  readonly order: PowerOrder;
  readonly signal: AbortSignal;
  readonly uefi: boolean;
}

async function outcomeOf(
  driver: PowerDriver,
  call: DriverCall,
  uefi: boolean,
): Promise<OrderEvent> {
  try {
    if (call.kind === "query") return { kind: "state", state: await driver.query() };
    await makeCall(driver, call, uefi);
    return { kind: "accepted" };
  } catch (error) {
    if (error instanceof DomainError) return { kind: "refused", error };
    throw error;
  }
}

function makeCall(
  driver: PowerDriver,
  call: Exclude<DriverCall, { kind: "query" }>,
  uefi: boolean,
): Promise<void> {
  switch (call.kind) {
    case "on":
      return driver.on();
    case "off":
      return driver.off();
    case "soft_off":
      return driver.softOff();
    case "next_boot":
      return driver.setNextBoot(call.device, { uefi });
  }
}

/** Lets a caller go as soon as it aborts, even while its order still waits in the queue. */
function unlessAborted<T>(result: Promise<T>, work: Work): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(cancelled(work));
    if (work.signal.aborted) onAbort();
    work.signal.addEventListener("abort", onAbort, { once: true });
    result.then(resolve, reject).finally(() => work.signal.removeEventListener("abort", onAbort));
  });
}

function cancelled(work: Work): DomainError {
  return new DomainError({
    kind: "conflict",
    code: "power.order_cancelled",
    message: `the order "${work.order}" for the BMC at ${work.bmc.address} was cancelled`,
  });
}

function queueFull(bmc: BmcDescription): DomainError {
  return new DomainError({
    kind: "unavailable",
    code: "power.queue_full",
    message: `${QUEUE_MAX} orders wait for the BMC at ${bmc.address} already; wait for one to end`,
  });
}
