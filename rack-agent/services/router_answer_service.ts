import {
  encodeEmptyRouterAdvertisement,
  ROUTER_SOLICITATION,
} from "@/rack-agent/wire/ndp/router_advertisement.ts";
import type { Clock } from "@/rack-agent/runtime/clock.ts";
import { RouterGroupSocket } from "@/rack-agent/runtime/libc_icmp6.ts";
import { Poller } from "@/rack-agent/runtime/libc_poll.ts";
import { errorText, type Log } from "@/rack-agent/runtime/log.ts";
import { RareLog } from "@/rack-agent/runtime/rare_log.ts";
import type { Service } from "@/rack-agent/runtime/service.ts";

const HOUSEKEEPING_MS = 1_000;
/** A machine repeats its question after a quarter of a second; all of a link hear one answer. */
const ANSWER_INTERVAL_MS = 200;

/**
 * Tells machines that ask for an IPv6 router that there is none here.
 *
 * iPXE asks, and boots only after it was answered or has given up, 16 seconds later; at every boot.
 * The answer offers nothing, so it takes nothing from a router that is there: its own answers count.
 * Where an interface has no IPv6 this service does nothing.
 */
export class RouterAnswerService implements Service {
  readonly name = "router answers";
  readonly counters = { answered: 0 };
  readonly #clock: Clock;
  readonly #rareLog: RareLog;
  readonly #sockets = new Map<string, { socket: RouterGroupSocket; answeredMs: number }>();
  #wanted: readonly string[] = [];
  #poller: Poller | undefined;
  #loop: Promise<void> = Promise.resolve();
  #isStopping = false;

  constructor(deps: { clock: Clock; log: Log }) {
    this.#clock = deps.clock;
    this.#rareLog = new RareLog(deps.log, () => deps.clock.monoMs());
  }

  start(): Promise<void> {
    this.#isStopping = false;
    this.#poller = new Poller();
    this.#loop = this.#serve(this.#poller);
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#poller?.wake();
    await this.#loop;
    for (const { socket } of this.#sockets.values()) socket.close();
    this.#sockets.clear();
    this.#poller?.close();
    this.#poller = undefined;
  }

  /** From now on answers on these interfaces, also before `start()`. */
  applyInterfaces(names: readonly string[]): void {
    this.#wanted = names;
    this.#poller?.wake();
  }

  async #serve(poller: Poller): Promise<void> {
    while (!this.#isStopping) {
      this.#openWanted();
      const fds = [...this.#sockets.values()].map(({ socket }) => socket.fd);
      const ready = new Set(await poller.wait(fds, HOUSEKEEPING_MS));
      for (const link of this.#sockets.values()) {
        if (ready.has(link.socket.fd)) this.#answer(link);
      }
    }
  }

  #answer(link: { socket: RouterGroupSocket; answeredMs: number }): void {
    if (link.socket.drain() === 0) return;
    const nowMs = this.#clock.monoMs();
    if (nowMs - link.answeredMs < ANSWER_INTERVAL_MS) return;
    link.answeredMs = nowMs;
    if (link.socket.sendToAllNodes(encodeEmptyRouterAdvertisement()) === 0) {
      this.counters.answered++;
    }
  }

  #openWanted(): void {
    for (const [name, { socket }] of this.#sockets) {
      if (this.#wanted.includes(name)) continue;
      socket.close();
      this.#sockets.delete(name);
    }
    for (const name of this.#wanted) {
      if (this.#sockets.has(name)) continue;
      try {
        const socket = RouterGroupSocket.open(name, ROUTER_SOLICITATION);
        this.#sockets.set(name, { socket, answeredMs: -Infinity });
      } catch (error) {
        this.#rareLog.write("router_answers.unavailable", { name, cause: errorText(error) });
      }
    }
  }
}
