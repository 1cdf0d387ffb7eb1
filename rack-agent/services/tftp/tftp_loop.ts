import { BlockingPoller } from "@/rack-agent/runtime/libc_wait.ts";
import type { TftpEngine } from "./tftp_engine.ts";

/** The longest this thread stays in the kernel: what it does now and then must not wait longer. */
const WAIT_MAX_MS = 250;
/**
 * Without windows a transfer waits for the other side after every block, and waking this thread
 * costs as much as the way to the client and back. While few transfers run and clients answer this
 * fast, the sockets are looked at without sleeping.
 */
const SPIN_MS = 0.2;
const SPIN_TRANSFERS_MAX = 4;
/** Looks in vain in a row after which only an answer that came soon brings the looking back. */
const SPIN_MISSES_MAX = 4;
/** How long no processor is kept busy on a host that has none to spare. */
const REST_MS = 500;

/** Waits for packets and deadlines, and lets the engine see to them. */
export class TftpLoop {
  readonly #engine: TftpEngine;
  readonly #wakeFd: number;
  readonly #nowMs: () => number;
  readonly #poller = new BlockingPoller();
  #sockets: TftpEngine["sockets"] = [];
  #misses = 0;
  #restUntilMs = 0;

  constructor(deps: { engine: TftpEngine; wakeFd: number; nowMs: () => number }) {
    this.#engine = deps.engine;
    this.#wakeFd = deps.wakeFd;
    this.#nowMs = deps.nowMs;
    this.followSockets();
  }

  /** To be called when the engine's sockets have changed. */
  followSockets(): void {
    this.#sockets = this.#engine.sockets;
    this.#poller.watch([this.#wakeFd, ...this.#sockets.map(({ socket }) => socket.fd)]);
  }

  /** Waits once, serves what came, and says whether somebody woke it. */
  turn(): boolean {
    const ready = this.#wait();
    if (ready > 0) {
      this.#sockets.forEach(({ listener, socket }, i) => {
        if (this.#poller.isReady(i + 1)) this.#engine.receive(listener, socket);
      });
    }
    const nowMs = this.#nowMs();
    if (nowMs >= this.#engine.nextDeadlineMs) this.#engine.runDeadlines(nowMs);
    return ready > 0 && this.#poller.isReady(0);
  }

  #wait(): number {
    const startMs = this.#nowMs();
    const active = this.#engine.activeTransfers;
    const mayGain = active > 0 && active <= SPIN_TRANSFERS_MAX && startMs >= this.#restUntilMs;
    if (mayGain && this.#misses < SPIN_MISSES_MAX && this.#spin(startMs) > 0) return 1;
    const waitMs = Math.min(this.#engine.nextDeadlineMs - startMs, WAIT_MAX_MS);
    const ready = this.#poller.wait(Math.max(waitMs, 0));
    if (ready > 0 && this.#nowMs() - startMs < SPIN_MS) this.#misses = 0;
    return ready;
  }

  /** Looks without sleeping for a while; how many sockets are ready. */
  #spin(startMs: number): number {
    let ready = 0;
    let nowMs = startMs;
    while (ready === 0 && nowMs - startMs < SPIN_MS) {
      ready = this.#poller.wait(0);
      nowMs = this.#nowMs();
    }
    this.#misses = ready > 0 ? 0 : this.#misses + 1;
    // Somebody else had the processor meanwhile: who sleeps gets it back sooner than who spins.
    if (nowMs - startMs > 2 * SPIN_MS) this.#restUntilMs = nowMs + REST_MS;
    return ready;
  }
}
