import { errorText, type Log } from "@/rack-agent/runtime/log.ts";
import type { Service } from "@/rack-agent/runtime/service.ts";
import { SupervisedWorker } from "@/rack-agent/runtime/supervised_worker.ts";
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
/**
 * Serves files to boot firmware, read only, on the agent's own addresses.
 *
 * A Worker moves the packets; here is what it asks for, and who hears what it did.
 */
export class TftpService implements Service {
  readonly name = "tftp";
  readonly #deps: TftpServiceDeps;
  #addresses: readonly Ipv4[] = [];
  readonly #worker: SupervisedWorker<ToWorker, FromWorker>;
  #counters: TftpCounters = NO_TFTP_COUNTERS;

  constructor(deps: TftpServiceDeps) {
    this.#deps = deps;
    this.#worker = new SupervisedWorker<ToWorker, FromWorker>({
      open: () => new Worker(new URL("./tftp_worker.ts", import.meta.url), { type: "module" }),
      startMessage: (wakeFd) => ({
        kind: "start",
        wakeFd,
        port: deps.port ?? TFTP_PORT,
        transferPorts: deps.transferPorts,
        addresses: this.#addresses,
      }),
      stopMessage: { kind: "stop" },
      onMessage: (message) => this.#onMessage(message),
      onStarted: () => this.applyAddresses(this.#addresses),
      onCrash: (reason) => deps.log("tftp.crashed", { reason }),
    });
  }

  /** Rejects when the sockets of an address cannot be had. No address yet is a normal start. */
  async start(): Promise<void> {
    await this.#worker.start();
  }

  async stop(): Promise<void> {
    await this.#worker.stop();
  }

  /** Listens on these addresses from now on; one that the host does not have yet is waited for. */
  applyAddresses(addresses: readonly Ipv4[]): void {
    this.#addresses = [...new Set(addresses)];
    this.#worker.post({ kind: "addresses", addresses: this.#addresses });
  }

  /** As the Worker last told them, a fraction of a second ago. */
  get counters(): TftpCounters {
    return this.#counters;
  }

  #onMessage(message: FromWorker): void {
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
    }
  }

  async #answer(requestId: number, request: TftpRequest): Promise<void> {
    const failed = (error: unknown): TftpAnswer => ({
      kind: "unavailable",
      cause: errorText(error),
    });
    const answer = await findFile(this.#deps.routes, request).catch(failed);
    this.#worker.post({ kind: "answer", requestId, answer });
  }
}
