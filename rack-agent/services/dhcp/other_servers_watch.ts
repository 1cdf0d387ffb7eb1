import { errorText, type Log } from "@/rack-agent/runtime/log.ts";
import type { Service } from "@/rack-agent/runtime/service.ts";
import { otherServerAlarm } from "./dhcp_alarms.ts";
import type { DhcpAlarm } from "./dhcp_messages.ts";
import { otherDhcpServers } from "./other_servers.ts";

/** Often enough that the night's riddle has its answer before the morning. */
const EVERY_MS = 10 * 60_000;

const WHAT_TO_DO = "machines may take its offers; stop it, or leave DHCP on the subnet to it";

export interface OtherServersWatchDeps {
  readonly log: Log;
  /** The addresses of this host, whose own answers do not count. */
  readonly ownAddresses: () => ReadonlySet<string>;
  readonly random32: () => number;
  readonly onAlarm: (alarm: DhcpAlarm) => void;
  readonly everyMs?: number;
}

/**
 * Asks now and then, on the interfaces where this agent alone should give addresses, who else does.
 *
 * The packets of machines tell of another server only when one takes its offer; this tells before.
 */
export class OtherServersWatch implements Service {
  readonly name = "other DHCP servers";
  readonly #deps: OtherServersWatchDeps;
  #interfaces: readonly string[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #looking: Promise<void> = Promise.resolve();
  #ending = new AbortController();
  #isRunning = false;

  constructor(deps: OtherServersWatchDeps) {
    this.#deps = deps;
  }

  start(): Promise<void> {
    this.#isRunning = true;
    this.#ending = new AbortController();
    this.#lookSoon();
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    this.#isRunning = false;
    this.#ending.abort();
    clearTimeout(this.#timer);
    await this.#looking;
  }

  /** New ones are looked at right away. */
  applyInterfaces(names: readonly string[]): void {
    const isNews = names.some((name) => !this.#interfaces.includes(name));
    this.#interfaces = [...new Set(names)];
    if (isNews) this.#lookSoon();
  }

  #lookSoon(): void {
    if (!this.#isRunning) return;
    this.#looking = this.#looking.then(() => this.#look());
  }

  async #look(): Promise<void> {
    clearTimeout(this.#timer);
    if (!this.#isRunning) return;
    await Promise.all(this.#interfaces.map((name) => this.#lookAt(name)));
    if (this.#isRunning) {
      this.#timer = setTimeout(() => this.#lookSoon(), this.#deps.everyMs ?? EVERY_MS);
    }
  }

  async #lookAt(interfaceName: string): Promise<void> {
    const { ownAddresses, random32, onAlarm, log } = this.#deps;
    try {
      const { signal } = this.#ending;
      const own = ownAddresses();
      for (const server of await otherDhcpServers(interfaceName, own, random32(), signal)) {
        onAlarm(otherServerAlarm(server, interfaceName, WHAT_TO_DO));
      }
    } catch (error) {
      // The interface is away, or a DHCP client of this host has the port.
      log("dhcp.not_watched", { interfaceName, cause: errorText(error) });
    }
  }
}
