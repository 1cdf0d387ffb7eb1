import { DomainError } from "@/shared/errors/domain_error.ts";
import type { BmcDescription, PowerDriver } from "./driver.ts";

export interface BmcLinesDeps {
  openDriver(bmc: BmcDescription): PowerDriver;
  /** How long an unused driver, and so its session, is kept for the next; 0: not at all. */
  readonly keepMs: number;
}

/** Orders go before polls; each in the order they came. */
export type Urgency = "order" | "poll";

/** Orders waiting for one BMC; more than this is a fault of whoever sends them. */
const QUEUE_MAX = 16;

interface Job {
  readonly bmc: BmcDescription;
  readonly signal: AbortSignal;
  readonly cancelled: () => Error;
  /** Does the work; the result tells whoever waits what came of it. */
  readonly run: (driver: PowerDriver) => Promise<() => void>;
  readonly drop: (error: unknown) => void;
}

/** What waits for one BMC, and the driver that was used last. */
interface Line {
  readonly orders: Job[];
  readonly polls: Job[];
  isBusy: boolean;
  driver?: PowerDriver;
  /** What the driver was opened with. */
  openedAs?: string;
  idleTimer?: ReturnType<typeof setTimeout>;
}

/**
 * One line of work per BMC: one thing at a time on each, any number of BMCs side by side.
 *
 * Keeps the driver between jobs, so that a session is opened once and not per question.
 */
export class BmcLines {
  readonly #deps: BmcLinesDeps;
  readonly #lines = new Map<string, Line>();

  constructor(deps: BmcLinesDeps) {
    this.#deps = deps;
  }

  /**
   * Runs `work` with the driver of a BMC once its turn has come. An abort closes the driver, which
   * ends the call in hand; work that has not begun is dropped with `cancelled()`.
   */
  use<T>(
    bmc: BmcDescription,
    options: { urgency: Urgency; signal: AbortSignal; cancelled: () => Error },
    work: (driver: PowerDriver) => Promise<T>,
  ): Promise<T> {
    const key = keyOf(bmc);
    const line = this.#lines.get(key) ?? { orders: [], polls: [], isBusy: false };
    const queue = options.urgency === "order" ? line.orders : line.polls;
    if (queue.length + (line.isBusy ? 1 : 0) >= QUEUE_MAX) return Promise.reject(queueFull(bmc));
    this.#lines.set(key, line);
    return new Promise<T>((resolve, reject) => {
      const { signal } = options;
      const run = async (driver: PowerDriver) => {
        const onAbort = () => void this.#closeDriver(line);
        signal.addEventListener("abort", onAbort, { once: true });
        const settle = await work(driver).then(
          (result) => () => resolve(result),
          (error) => () => reject(error),
        );
        signal.removeEventListener("abort", onAbort);
        return settle;
      };
      queue.push({ bmc, ...options, run, drop: reject });
      void this.#work(key, line);
    });
  }

  /** Closes every driver that is not in use now, politely. */
  async close(): Promise<void> {
    await Promise.all(this.#lines.values().map((line) => this.#closeDriver(line)));
  }

  async #work(key: string, line: Line): Promise<void> {
    if (line.isBusy) return;
    line.isBusy = true;
    clearTimeout(line.idleTimer);
    for (let job = nextOf(line); job; job = nextOf(line)) {
      try {
        if (job.signal.aborted) throw job.cancelled();
        const settle = await job.run(await this.#driverFor(line, job.bmc));
        if (this.#deps.keepMs === 0) await this.#closeDriver(line);
        settle();
      } catch (error) {
        job.drop(error);
      }
    }
    line.isBusy = false;
    if (line.driver) line.idleTimer = setTimeout(() => this.#retire(key, line), this.#deps.keepMs);
    else this.#lines.delete(key);
  }

  async #retire(key: string, line: Line): Promise<void> {
    if (line.isBusy) return;
    await this.#closeDriver(line);
    if (!line.isBusy && !line.driver) this.#lines.delete(key);
  }

  /** The kept driver, or a new one where there is none or the login has changed. */
  async #driverFor(line: Line, bmc: BmcDescription): Promise<PowerDriver> {
    const openedAs = JSON.stringify(bmc);
    if (line.driver && line.openedAs === openedAs) return line.driver;
    await this.#closeDriver(line);
    line.openedAs = openedAs;
    return line.driver = this.#deps.openDriver(bmc);
  }

  async #closeDriver(line: Line): Promise<void> {
    clearTimeout(line.idleTimer);
    const { driver } = line;
    line.driver = undefined;
    line.openedAs = undefined;
    await driver?.close();
  }
}

function nextOf(line: Line): Job | undefined {
  return line.orders.shift() ?? line.polls.shift();
}

/** `address` and `port` name a BMC; two ways of reaching it are two lines. */
function keyOf({ kind, address, port }: BmcDescription): string {
  return `${kind} ${address} ${port ?? ""}`;
}

function queueFull(bmc: BmcDescription): DomainError {
  return new DomainError({
    kind: "unavailable",
    code: "power.queue_full",
    message: `${QUEUE_MAX} orders wait for the BMC at ${bmc.address} already; wait for one to end`,
  });
}
