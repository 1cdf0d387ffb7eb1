import type { NewFact } from "@/shared/contract/facts.ts";
import { errorText, type Log } from "@/rack-agent/runtime/log.ts";
import type { Service } from "@/rack-agent/runtime/service.ts";
import type { Finding } from "../check/judge.ts";
import { hostNetworks } from "../served_networks.ts";
import type { AgentStatus } from "./status_service.ts";

export type Observation = Omit<Extract<NewFact, { kind: "agent.observed" }>, "kind">;

export interface ObservationDeps {
  readonly log: Log;
  readonly status: () => AgentStatus;
  /** Takes some seconds, and asks on the host's networks. */
  readonly checks: () => Promise<Finding[]>;
  /** What is kept on disk for machines. */
  readonly cache: () => Promise<Observation["cache"]>;
  readonly onObserved: (observed: Observation) => void;
}

/** Whether the networks are as they were is looked at so often: that costs nothing. */
const LOOK_MS = 30_000;
/** An observation is a write to the region's database, so it is made seldom. */
const TELL_MS = 10 * 60_000;

/** Tells the region how this host is: its networks, what is served there, checks and counters. */
export class ObservationService implements Service {
  readonly name = "observation";
  readonly #deps: ObservationDeps;
  #timer: ReturnType<typeof setInterval> | undefined;
  #checking: Promise<void> = Promise.resolve();
  #telling: Promise<void> = Promise.resolve();
  #checks: readonly Finding[] = [];
  #told = { networks: "", atMs: 0 };

  constructor(deps: ObservationDeps) {
    this.#deps = deps;
  }

  /** The checks are not waited for: machines are. */
  start(): Promise<void> {
    this.#checking = this.#check();
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    await this.#checking;
    await this.#telling;
  }

  async #check(): Promise<void> {
    try {
      this.#checks = await this.#deps.checks();
    } catch (error) {
      this.#deps.log("checks.failed", { reason: errorText(error) });
    }
    await this.#tell();
  }

  #look(): void {
    const isNews = this.#told.networks !== networksNow(this.#deps.status());
    if (isNews || performance.now() - this.#told.atMs >= TELL_MS) {
      this.#telling = this.#tell();
    }
  }

  async #tell(): Promise<void> {
    this.#told = { networks: networksNow(this.#deps.status()), atMs: performance.now() };
    const cache = await this.#deps.cache().catch((error) => {
      this.#deps.log("cache.not_read", { reason: errorText(error) });
      return undefined;
    });
    const status = this.#deps.status();
    this.#deps.onObserved({
      networks: hostNetworks(),
      served: [...status.networks],
      checks: [...this.#checks],
      leases: status.leases,
      factsWaiting: status.region.factsWaiting,
      generation: status.generation,
      cache,
      counters: { ...status.counters },
    });
  }
}

function networksNow({ networks }: AgentStatus): string {
  return JSON.stringify([hostNetworks(), networks]);
}
