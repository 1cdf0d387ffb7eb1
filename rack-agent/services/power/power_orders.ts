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
import { BmcLines, type Urgency } from "./bmc_lines.ts";
import type { BmcDescription, PowerClock, PowerDriver } from "./driver.ts";

export interface PowerOrdersDeps {
  openDriver(bmc: BmcDescription): PowerDriver;
  readonly clock: PowerClock;
  /** As in BmcLinesDeps; absent: 0. */
  readonly keepMs?: number;
}

/** Carries out power orders: one at a time per BMC, any number of BMCs side by side. */
export class PowerOrders {
  readonly #clock: PowerClock;
  readonly #lines: BmcLines;

  constructor({ openDriver, clock, keepMs = 0 }: PowerOrdersDeps) {
    this.#clock = clock;
    this.#lines = new BmcLines({ openDriver, keepMs });
  }

  /**
   * What a BMC says now, behind every order for it. Rejects with a DomainError as `executeOrder`.
   *
   * Orders come first however many polls wait; the one in hand is not cut short.
   */
  async poll(bmc: BmcDescription, signal: AbortSignal): Promise<PowerState> {
    const work: Work = { bmc, order: "query", signal, uefi: true };
    return await unlessAborted(
      this.#lines.use(bmc, lineOptions(work, "poll"), (driver) => driver.query()),
      work,
    );
  }

  /** Closes the sessions that are kept. */
  close(): Promise<void> {
    return this.#lines.close();
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
    const result = this.#lines.use(
      bmc,
      lineOptions(work, "order"),
      (driver) => this.#pursue(driver, work),
    );
    return { state: await unlessAborted(result, work) };
  }

  async #pursue(driver: PowerDriver, work: Work): Promise<PowerState> {
    const clock = this.#clock;
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

function lineOptions(work: Work, urgency: Urgency) {
  return { urgency, signal: work.signal, cancelled: () => cancelled(work) };
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
