import {
  confirmedBytes,
  type FailureReason,
  startTransfer,
  type Step,
  step,
  type TransferEvent,
} from "@/rack-agent/protocol/tftp/read_transfer.ts";
import type { TransferTerms } from "@/rack-agent/protocol/tftp/transfer_options.ts";
import type { Endpoint, UdpSocket } from "@/rack-agent/runtime/libc_socket.ts";
import { encodeTftp, TFTP_ERROR, type TftpPacket } from "@/rack-agent/wire/tftp/packet.ts";
import type { ActiveTransfer } from "./active_transfer.ts";
import type { OpenFile } from "./open_files.ts";
import type { PacketSender } from "./packet_sender.ts";
import { clientOf, type TftpListener } from "./tftp_listener.ts";

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
  readonly client: number;
  readonly path: string;
  readonly requestedPath: string;
  readonly file: OpenFile;
  readonly terms: TransferTerms;
}

/** The transfers in progress on all listeners. Times are milliseconds on a monotonic clock. */
export class TftpTransfers {
  /** Windows sent, and of these again because no answer came. */
  readonly counters = { windows: 0, resentWindows: 0 };
  readonly #sender: PacketSender;
  readonly #onServed: (served: Served) => void;
  readonly #onUnserved: (unserved: Unserved) => void;
  /** Transfers by the client's address. */
  readonly #perAddress = new Map<number, number>();
  #size = 0;
  /** No deadline is earlier; it may be later, so that one ACK does not cost a look at all. */
  #nextDeadlineMs = Infinity;

  constructor(deps: {
    sender: PacketSender;
    onServed: (served: Served) => void;
    onUnserved: (unserved: Unserved) => void;
  }) {
    this.#sender = deps.sender;
    this.#onServed = deps.onServed;
    this.#onUnserved = deps.onUnserved;
  }

  get size(): number {
    return this.#size;
  }

  /** When to call `runDeadlines`, at the latest. */
  get nextDeadlineMs(): number {
    return this.#nextDeadlineMs;
  }

  /** Transfers to one address. */
  countOf(address: number): number {
    return this.#perAddress.get(address) ?? 0;
  }

  /** Begins a transfer and sends its first packet; one that the client's port had is over. */
  start(listener: TftpListener, start: TransferStart, nowMs: number): void {
    this.end(listener, start.client);
    const first = startTransfer(start.file.memory.bytes, start.terms, nowMs);
    if (first.kind !== "send" && first.kind !== "send_oack") {
      throw new Error("a transfer begins by sending");
    }
    const active: ActiveTransfer = { ...start, startedMs: nowMs, state: first.transfer };
    listener.transfers.set(start.client, active);
    this.#count(start.client, 1);
    this.#carryOut(listener, active, first, nowMs);
  }

  /** Hands on what a client sent; false when it has no transfer on this socket. */
  receive(
    listener: TftpListener,
    from: { socket: UdpSocket; client: number },
    event: TransferEvent,
    nowMs: number,
  ): boolean {
    const active = listener.transfers.get(from.client);
    if (!active || active.socket !== from.socket) return false;
    this.#carryOut(listener, active, step(active.state, event, nowMs), nowMs);
    return true;
  }

  /** Sends again what has waited too long, and gives up on clients that are gone. */
  runDeadlines(listeners: Iterable<TftpListener>, nowMs: number): void {
    if (nowMs < this.#nextDeadlineMs) return;
    this.#nextDeadlineMs = Infinity;
    for (const listener of listeners) {
      for (const active of [...listener.transfers.values()]) {
        this.#carryOut(listener, active, step(active.state, { kind: "deadline" }, nowMs), nowMs);
      }
    }
  }

  /** Ends those of a listener that is about to be closed, without a word to the clients. */
  endAll(listener: TftpListener): void {
    for (const client of [...listener.transfers.keys()]) this.end(listener, client);
  }

  /** Ends one transfer, if it is there. */
  end(listener: TftpListener, client: number): void {
    const active = listener.transfers.get(client);
    if (!active) return;
    listener.transfers.delete(client);
    this.#count(client, -1);
    this.#sender.flush(); // what is still collected may point into the file
    active.file.release();
  }

  #count(client: number, change: 1 | -1): void {
    const address = Math.floor(client / 65_536);
    const count = this.countOf(address) + change;
    if (count === 0) this.#perAddress.delete(address);
    else this.#perAddress.set(address, count);
    this.#size += change;
  }

  #carryOut(listener: TftpListener, active: ActiveTransfer, next: Step, nowMs: number): void {
    switch (next.kind) {
      case "send":
        active.state = next.transfer;
        this.#countWindow(active);
        this.#sendBlocks(active, next.firstBlock);
        break;
      case "send_oack":
        active.state = next.transfer;
        this.#countWindow(active);
        this.#send(active, { kind: "oack", options: next.transfer.terms.accepted });
        break;
      case "wait":
        active.state = next.transfer;
        break;
      case "done":
        return this.#finish(listener, active, nowMs);
      case "failed":
        return this.#fail(listener, active, next.reason);
    }
    this.#nextDeadlineMs = Math.min(this.#nextDeadlineMs, active.state.deadlineMs);
  }

  #finish(listener: TftpListener, active: ActiveTransfer, nowMs: number): void {
    this.end(listener, active.client);
    this.#onServed({
      path: active.path,
      client: clientOf(active.client),
      bytes: active.state.fileBytes,
      durationMs: nowMs - active.startedMs,
    });
  }

  #fail(listener: TftpListener, active: ActiveTransfer, reason: FailureReason): void {
    if (reason === "tftp.illegal_operation") {
      const code = TFTP_ERROR.illegalOperation;
      this.#send(active, { kind: "error", code, message: "illegal operation" });
    }
    this.end(listener, active.client);
    this.#onUnserved({
      path: active.path,
      client: clientOf(active.client),
      confirmedBytes: confirmedBytes(active.state),
      reason,
    });
  }

  #countWindow({ state }: ActiveTransfer): void {
    this.counters.windows++;
    if (state.sends > 1) this.counters.resentWindows++;
  }

  #sendBlocks({ socket, client, file, state }: ActiveTransfer, firstBlock: number): void {
    this.#sender.sendBlocks(socket, {
      address: Math.floor(client / 65_536),
      port: client % 65_536,
      filePointer: file.memory.pointer,
      fileBytes: state.fileBytes,
      blockBytes: state.terms.blockBytes,
      firstBlock,
      lastBlock: state.sentBlocks,
    });
  }

  #send({ socket, client }: ActiveTransfer, packet: TftpPacket): void {
    const to = { address: Math.floor(client / 65_536), port: client % 65_536 };
    this.#sender.sendBytes(socket, to, encodeTftp(packet));
  }
}
