import { EventCounter } from "@/rack-agent/runtime/libc_event.ts";
import { errorText, type Log } from "@/rack-agent/runtime/log.ts";
import type { Service } from "@/rack-agent/runtime/service.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import type { Ipv4 } from "@/shared/net/ipv4.ts";
import type { PortRange } from "./tftp_listener.ts";
import {
  type FromWorker,
  NO_TFTP_COUNTERS,
  type TftpAnswer,
  type TftpCounters,
  type TftpRequest,
  type ToWorker,
} from "./tftp_messages.ts";
import { findFile, type TftpRoute } from "./tftp_routes.ts";
import type { Served } from "./tftp_transfers.ts";

export interface TftpServiceDeps {
  /** Asked in order; the first that has the file serves it. */
  readonly routes: readonly TftpRoute[];
  readonly log: Log;
  /** A client has confirmed the last byte. */
  readonly onServed?: (served: Served) => void;
  /** 69 unless a test says otherwise. */
  readonly port?: number;
  /** Any free ports unless a firewall needs to know them. */
  readonly transferPorts?: PortRange;
}

const TFTP_PORT = 69;
/** A Worker that broke is replaced after this long. */
const RESTART_MS = 1_000;

/**
 * Serves files to boot firmware, read only, on the agent's own addresses.
 *
 * A Worker moves the packets; here is what it asks for, and who hears what it did.
 */
export class TftpService implements Service {
  readonly name = "tftp";
  readonly #deps: TftpServiceDeps;
  #addresses: readonly Ipv4[] = [];
  #running: { worker: Worker; wake: EventCounter; stopped: () => void } | undefined;
  #counters: TftpCounters = NO_TFTP_COUNTERS;
  #restart: ReturnType<typeof setTimeout> | undefined;

  constructor(deps: TftpServiceDeps) {
    this.#deps = deps;
  }

  /** Rejects when the sockets of an address cannot be had. No address yet is a normal start. */
  async start(): Promise<void> {
    if (this.#running) return;
    const wake = new EventCounter();
    const worker = new Worker(new URL("./tftp_worker.ts", import.meta.url), { type: "module" });
    const started = Promise.withResolvers<void>();
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
      if (data.kind === "started") started.resolve();
      else if (data.kind === "refused") started.reject(refusal(data));
      else this.#onMessage(data);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      started.reject(new Error(event.message));
      this.#onCrash(event.message);
    };
    const start: ToWorker = {
      kind: "start",
      wakeFd: wake.fd,
      port: this.#deps.port ?? TFTP_PORT,
      transferPorts: this.#deps.transferPorts,
      addresses: this.#addresses,
    };
    worker.postMessage(start);
    try {
      await started.promise;
    } catch (error) {
      worker.terminate();
      wake.close();
      throw error;
    }
    this.#running = { worker, wake, stopped: () => {} };
  }

  async stop(): Promise<void> {
    clearTimeout(this.#restart);
    const running = this.#running;
    if (!running) return;
    const stopped = Promise.withResolvers<void>();
    running.stopped = stopped.resolve;
    this.#tell({ kind: "stop" });
    await stopped.promise;
    this.#running = undefined;
    running.worker.terminate();
    running.wake.close();
  }

  /** Listens on these addresses from now on; one that the host does not have yet is waited for. */
  applyAddresses(addresses: readonly Ipv4[]): void {
    this.#addresses = [...new Set(addresses)];
    this.#tell({ kind: "addresses", addresses: this.#addresses });
  }

  /** As the Worker last told them, a fraction of a second ago. */
  get counters(): TftpCounters {
    return this.#counters;
  }

  #tell(message: ToWorker): void {
    this.#running?.worker.postMessage(message);
    this.#running?.wake.add();
  }

  #onMessage(message: Exclude<FromWorker, { kind: "started" | "refused" }>): void {
    switch (message.kind) {
      case "request":
        void this.#answer(message.requestId, message.request);
        return;
      case "served":
        return this.#deps.onServed?.(message.served);
      case "log":
        return this.#deps.log(message.event, message.fields);
      case "counters":
        this.#counters = message.counters;
        return;
      case "stopped":
        return this.#running?.stopped();
    }
  }

  async #answer(requestId: number, request: TftpRequest): Promise<void> {
    const failed = (error: unknown): TftpAnswer => ({
      kind: "unavailable",
      cause: errorText(error),
    });
    const answer = await findFile(this.#deps.routes, request).catch(failed);
    this.#tell({ kind: "answer", requestId, answer });
  }

  /** Machines must boot; what broke is in the log. Its sockets went with it. */
  #onCrash(reason: string): void {
    const running = this.#running;
    if (!running) return;
    this.#running = undefined;
    running.stopped();
    running.worker.terminate();
    running.wake.close();
    this.#deps.log("tftp.crashed", { reason });
    const again = () => this.start().catch((error) => this.#onCrash(errorText(error)));
    this.#restart = setTimeout(again, RESTART_MS);
  }
}

function refusal({ code, message }: { code: string; message: string }): DomainError {
  return new DomainError({ kind: "unavailable", code, message });
}
