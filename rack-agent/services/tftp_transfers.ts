import {
  confirmedBytes,
  type FailureReason,
  type ReadTransfer,
  startTransfer,
  type Step,
  step,
} from "@/rack-agent/protocol/tftp/read_transfer.ts";
import type { TransferTerms } from "@/rack-agent/protocol/tftp/transfer_options.ts";
import type { Endpoint, UdpSocket } from "@/rack-agent/runtime/libc_socket.ts";
import { encodeTftp, type TftpPacket } from "@/rack-agent/wire/tftp/packet.ts";
import type { Ipv4 } from "@/shared/net/ipv4.ts";

/** A file that a client has received. */
export interface Served {
  readonly path: string;
  readonly client: Endpoint;
  readonly bytes: number;
  readonly durationMs: number;
}

/** How a transfer ended otherwise. */
export interface Unserved {
  readonly path: string;
  readonly client: Endpoint;
  readonly confirmedBytes: number;
  readonly reason: FailureReason;
}

export interface TransferStart {
  readonly socket: UdpSocket;
  readonly client: Endpoint;
  readonly path: string;
  /** As the client wrote it, to know a repeated request by. */
  readonly requestedPath: string;
  readonly file: Uint8Array;
  readonly terms: TransferTerms;
}

interface Active extends TransferStart {
  readonly startedMs: number;
  state: ReadTransfer;
}

/**
 * The transfers in progress, by socket and client: those two are its transfer id (RFC 1350 §4).
 *
 * Several transfers share a socket. Times are milliseconds on a monotonic clock.
 */
export class TftpTransfers {
  readonly #active = new Map<string, Active>();
  readonly #onServed: (served: Served) => void;
  readonly #onUnserved: (unserved: Unserved) => void;
  /** No deadline is earlier; it may be later, so that one ACK does not cost a look at all. */
  #nextDeadlineMs = Infinity;

  constructor(onServed: (served: Served) => void, onUnserved: (unserved: Unserved) => void) {
    this.#onServed = onServed;
    this.#onUnserved = onUnserved;
  }

  get size(): number {
    return this.#active.size;
  }

  /** When to call `runDeadlines`, at the latest. */
  get nextDeadlineMs(): number {
    return this.#nextDeadlineMs;
  }

  /** Begins a transfer and sends its first packet. */
  start(start: TransferStart, nowMs: number): void {
    const first = startTransfer(start.file, start.terms, nowMs);
    if (first.kind !== "send") throw new Error("a transfer begins by sending");
    const active: Active = { ...start, startedMs: nowMs, state: first.transfer };
    this.#active.set(keyOf(start.socket, start.client), active);
    this.#carryOut(active, first, nowMs);
  }

  /** Hands on a packet; false when there is no such transfer. */
  receive(socket: UdpSocket, client: Endpoint, packet: TftpPacket, nowMs: number): boolean {
    const active = this.#active.get(keyOf(socket, client));
    if (!active) return false;
    this.#carryOut(active, step(active.state, { kind: "packet", packet }, nowMs), nowMs);
    return true;
  }

  /** Sends again what has waited too long, and gives up on clients that are gone. */
  runDeadlines(nowMs: number): void {
    if (nowMs < this.#nextDeadlineMs) return;
    this.#nextDeadlineMs = Infinity;
    for (const active of [...this.#active.values()]) {
      this.#carryOut(active, step(active.state, { kind: "deadline" }, nowMs), nowMs);
    }
  }

  /** Ends those of a socket that is about to be closed, without a word to the clients. */
  drop(socket: UdpSocket): void {
    for (const [key, active] of this.#active) {
      if (active.socket === socket) this.#active.delete(key);
    }
  }

  /** Ends one transfer, if it is there: its client has started another. */
  end(socket: UdpSocket, client: Endpoint): void {
    this.#active.delete(keyOf(socket, client));
  }

  /** True while the client has confirmed nothing: a request for the same is then a repeat. */
  isFresh(socket: UdpSocket, client: Endpoint, requestedPath: string): boolean {
    const active = this.#active.get(keyOf(socket, client));
    return active?.requestedPath === requestedPath && active.state.ackedBlocks <= 0;
  }

  /** Transfers to one address. */
  countOf(address: Ipv4): number {
    return [...this.#active.values()].filter(({ client }) => client.address === address).length;
  }

  #carryOut(active: Active, next: Step, nowMs: number): void {
    const { socket, client, path, file } = active;
    switch (next.kind) {
      case "send":
        active.state = next.transfer;
        this.#sendAll(active, next.packets);
        break;
      case "wait":
        active.state = next.transfer;
        break;
      case "done":
        this.end(socket, client);
        this.#onServed({
          path,
          client,
          bytes: file.length,
          durationMs: nowMs - active.startedMs,
        });
        return;
      case "failed":
        this.#sendAll(active, next.packets);
        this.end(socket, client);
        this.#onUnserved({
          path,
          client,
          confirmedBytes: confirmedBytes(active.state),
          reason: next.reason,
        });
        return;
    }
    this.#nextDeadlineMs = Math.min(this.#nextDeadlineMs, active.state.deadlineMs);
  }

  /** A packet that could not be sent is one that got lost: its deadline sends it again. */
  #sendAll({ socket, client }: Active, packets: readonly TftpPacket[]): void {
    for (const packet of packets) socket.send(encodeTftp(packet), client);
  }
}

function keyOf(socket: UdpSocket, { address, port }: Endpoint): string {
  return `${socket.fd} ${address}:${port}`;
}
