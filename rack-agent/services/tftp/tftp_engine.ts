import { toNetascii } from "@/rack-agent/protocol/tftp/netascii.ts";
import { agreeOptions } from "@/rack-agent/protocol/tftp/transfer_options.ts";
import type { TransferEvent } from "@/rack-agent/protocol/tftp/read_transfer.ts";
import { ReceiveBatch } from "@/rack-agent/runtime/libc_batch.ts";
import { pathMtuBytes } from "@/rack-agent/runtime/libc_path_mtu.ts";
import type { UdpSocket } from "@/rack-agent/runtime/libc_socket.ts";
import { errorText } from "@/rack-agent/runtime/log.ts";
import { DecodeError } from "@/rack-agent/wire/byte_reader.ts";
import {
  decodeTftp,
  encodeTftp,
  TFTP_ERROR,
  type TftpPacket,
} from "@/rack-agent/wire/tftp/packet.ts";
import { type Ipv4, ipv4ToNumber } from "@/shared/net/ipv4.ts";
import { type OpenFile, OpenFiles } from "./open_files.ts";
import { PacketSender } from "./packet_sender.ts";
import { clientKey, clientOf, type PortRange, TftpListener } from "./tftp_listener.ts";
import type { TftpAnswer, TftpCounters, TftpRequest } from "./tftp_messages.ts";
import { type Served, TftpTransfers } from "./tftp_transfers.ts";

export interface TftpEngineDeps {
  readonly port: number;
  readonly transferPorts: PortRange | undefined;
  readonly nowMs: () => number;
  /** Somebody wants a file; `answer` is to be called once with this id. */
  readonly onRequest: (requestId: number, request: TftpRequest) => void;
  readonly onServed: (served: Served) => void;
  /** A packet or a transfer came to nothing. */
  readonly onDropped: (reason: string, fields: Record<string, unknown>) => void;
}

type ReadRequest = Extract<TftpPacket, { path: string }>;

interface Pending {
  readonly listener: TftpListener;
  readonly socket: UdpSocket;
  readonly client: number;
  readonly request: ReadRequest;
}

const TRANSFERS_MAX = 10_000;
/** Requests whose file is being looked for; one that has to be fetched may take minutes. */
const PENDING_MAX = 1_000;
/**
 * Firmware fetches one file at a time, but machines behind one NAT share their address: a whole
 * site may, and one that is not served waits a second or more before it asks again.
 */
const TRANSFERS_PER_CLIENT_MAX = 256;
/** Taken from one socket in a turn, so that no client starves the others. */
const BATCH_DATAGRAMS = 128;
/** More than a request may have, so that a longer one is seen to be longer. */
const DATAGRAM_BYTES = 600;
const ACK_OPCODE = 4;
const ACK_BYTES = 4;
/** The old text mode is for text: translating makes a copy in memory. */
const NETASCII_BYTES_MAX = 16 * 2 ** 20;

/** TFTP without a thread or a loop of its own: packets in, packets out, and who is owed what. */
export class TftpEngine {
  readonly #deps: TftpEngineDeps;
  readonly #incoming = new ReceiveBatch(BATCH_DATAGRAMS, DATAGRAM_BYTES);
  readonly #sender = new PacketSender();
  readonly #files = new OpenFiles();
  readonly #transfers: TftpTransfers;
  readonly #listeners = new Map<Ipv4, TftpListener>();
  readonly #pending = new Map<number, Pending>();
  readonly #counters = { received: 0, served: 0, dropped: {} as Record<string, number> };
  #lastRequestId = 0;

  constructor(deps: TftpEngineDeps) {
    this.#deps = deps;
    this.#transfers = new TftpTransfers({
      sender: this.#sender,
      onServed: (served) => {
        this.#counters.served++;
        deps.onServed(served);
      },
      onUnserved: ({ reason, path, client, confirmedBytes }) =>
        this.#drop(reason, clientKeyOf(client), { path, confirmedBytes }),
    });
  }

  get counters(): TftpCounters {
    const { received, served, dropped } = this.#counters;
    const active = this.#transfers.size;
    return { received, served, active, ...this.#transfers.counters, dropped: { ...dropped } };
  }

  get activeTransfers(): number {
    return this.#transfers.size;
  }

  get nextDeadlineMs(): number {
    return this.#transfers.nextDeadlineMs;
  }

  /** What to wait on. */
  get sockets(): readonly { readonly listener: TftpListener; readonly socket: UdpSocket }[] {
    return [...this.#listeners.values()].flatMap((listener) =>
      listener.sockets.map((socket) => ({ listener, socket }))
    );
  }

  /** Listens on these addresses alone; throws DomainError `unavailable` for one it cannot have. */
  listenOn(addresses: readonly Ipv4[]): void {
    for (const [address, listener] of this.#listeners) {
      if (!addresses.includes(address)) this.#close(address, listener);
    }
    for (const address of addresses) {
      if (this.#listeners.has(address)) continue;
      const { port, transferPorts } = this.#deps;
      this.#listeners.set(address, new TftpListener({ address, port }, transferPorts));
    }
  }

  /** Takes what has come in on a socket, up to a limit, and answers it. */
  receive(listener: TftpListener, socket: UdpSocket): void {
    const count = this.#incoming.receive(socket.fd);
    const nowMs = this.#deps.nowMs();
    this.#counters.received += count;
    for (let slot = 0; slot < count; slot++) {
      const client = clientKey(this.#incoming.addressOf(slot), this.#incoming.portOf(slot));
      if (!this.#isAck(slot) || socket === listener.requests) {
        this.#handle({ listener, socket, client }, this.#incoming.datagram(slot), nowMs);
        continue;
      }
      const number = this.#incoming.view.getUint16(slot * DATAGRAM_BYTES + 2);
      const from = { socket, client };
      if (!this.#transfers.receive(listener, from, { kind: "ack", number }, nowMs)) {
        this.#refuseStranger({ listener, socket, client }, "ack");
      }
    }
    this.#sender.flush();
  }

  runDeadlines(nowMs: number): void {
    this.#transfers.runDeadlines(this.#listeners.values(), nowMs);
    this.#sender.flush();
  }

  /** What there is for a request; nothing happens when its client asked for something else since. */
  answer(requestId: number, answer: TftpAnswer): void {
    const pending = this.#pending.get(requestId);
    if (!pending) return;
    this.#pending.delete(requestId);
    pending.listener.pending.delete(pending.client);
    this.#begin(pending, answer);
    this.#sender.flush();
  }

  /** Transfers end at once: firmware asks again, and some clients take minutes over a file. */
  close(): void {
    this.#pending.clear();
    for (const [address, listener] of this.#listeners) this.#close(address, listener);
    this.#files.close();
    this.#sender.close();
    this.#incoming.close();
  }

  #isAck(slot: number): boolean {
    return this.#incoming.bytesOf(slot) >= ACK_BYTES &&
      this.#incoming.view.getUint16(slot * DATAGRAM_BYTES) === ACK_OPCODE;
  }

  /** The one place where a packet's failures end: whatever it holds, the next one is served. */
  #handle(from: From, bytes: Uint8Array, nowMs: number): void {
    try {
      const packet = decodeTftp(bytes);
      if (from.socket === from.listener.requests) this.#onRequest(from, packet);
      else this.#onTransferPacket(from, packet, nowMs);
    } catch (error) {
      const reason = error instanceof DecodeError ? "tftp.malformed" : "tftp.failed";
      this.#drop(reason, from.client, { cause: errorText(error) });
    }
  }

  #onTransferPacket(from: From, packet: TftpPacket, nowMs: number): void {
    // Its request again, sent to the transfer: it has not heard us yet, and will at the deadline.
    const event: TransferEvent = packet.kind === "error"
      ? { kind: "error" }
      : packet.kind === "read"
      ? { kind: "deadline" }
      : { kind: "illegal" };
    if (this.#transfers.receive(from.listener, from, event, nowMs)) return;
    this.#refuseStranger(from, packet.kind);
  }

  /** RFC 1350 §4: tell the stranger, leave the transfers alone. An error is never answered. */
  #refuseStranger(from: From, kind: TftpPacket["kind"]): void {
    this.#drop("tftp.unknown_transfer", from.client, { kind });
    if (kind === "error") return;
    this.#refuse(from, TFTP_ERROR.unknownTransferId, "unknown transfer id");
  }

  #onRequest(from: From, packet: TftpPacket): void {
    const { listener, client } = from;
    const to = { ...from, socket: listener.nextTransferSocket() };
    switch (packet.kind) {
      case "read":
        break;
      case "write":
        this.#drop("tftp.write_refused", client, { path: packet.path });
        return this.#refuse(to, TFTP_ERROR.accessViolation, "read only");
      default:
        return this.#drop("tftp.not_a_request", client, { kind: packet.kind });
    }
    if (packet.mode !== "octet" && packet.mode !== "netascii") {
      this.#drop("tftp.mode_refused", client, { mode: packet.mode });
      return this.#refuse(to, TFTP_ERROR.illegalOperation, "mode is octet or netascii");
    }
    if (this.#isRepeated(from, packet) || this.#isFull(client)) return;
    const requestId = ++this.#lastRequestId;
    this.#pending.set(requestId, { ...to, request: packet });
    listener.pending.set(client, packet.path);
    const serverAddress = listener.address;
    this.#deps.onRequest(requestId, { path: packet.path, client: clientOf(client), serverAddress });
  }

  /** A request sent twice is one transfer; a new one from the same port replaces the old. */
  #isRepeated({ listener, client }: From, { path }: ReadRequest): boolean {
    if (listener.pending.get(client) === path) return true;
    if (listener.pending.delete(client)) {
      for (const [id, pending] of this.#pending) {
        if (pending.listener === listener && pending.client === client) this.#pending.delete(id);
      }
    }
    const active = listener.transfers.get(client);
    // While the client has confirmed nothing, a request for the same is a repeat.
    if (active?.requestedPath === path && active.state.ackedBlocks <= 0) return true;
    this.#transfers.end(listener, client);
    return false;
  }

  /** A machine that is not served asks again, and firmware shows no error. */
  #isFull(client: number): boolean {
    const address = Math.floor(client / 65_536);
    const pending = [...this.#pending.values()];
    const theirs = this.#transfers.countOf(address) +
      pending.filter((one) => Math.floor(one.client / 65_536) === address).length;
    const isFull = theirs >= TRANSFERS_PER_CLIENT_MAX ||
      pending.length >= PENDING_MAX || this.#transfers.size >= TRANSFERS_MAX;
    if (isFull) this.#drop("tftp.too_many_transfers", client, { theirs });
    return isFull;
  }

  #begin(pending: Pending, answer: TftpAnswer): void {
    const { listener, socket, client, request } = pending;
    if (answer.kind === "missing") {
      this.#drop("tftp.file_not_found", client, { path: request.path });
      return this.#refuse(pending, TFTP_ERROR.fileNotFound, "file not found");
    }
    try {
      if (answer.kind === "unavailable") throw new Error(answer.cause);
      const file = this.#open(answer, request.mode);
      const terms = agreeOptions(request.options, {
        fileBytes: file.memory.bytes,
        pathMtuBytes: pathMtuBytes(Math.floor(client / 65_536)),
      });
      const { path } = answer;
      const start = { socket, client, path, requestedPath: request.path, file, terms };
      this.#transfers.start(listener, start, this.#deps.nowMs());
    } catch (error) {
      this.#drop("tftp.file_unavailable", client, { path: request.path, cause: errorText(error) });
      this.#refuse(pending, TFTP_ERROR.notDefined, "file not available now");
    }
  }

  #open({ file }: Extract<TftpAnswer, { kind: "file" }>, mode: string): OpenFile {
    const opened = file.kind === "file"
      ? this.#files.open(file.path)
      : this.#files.openBytes(file.bytes);
    if (mode !== "netascii") return opened;
    try {
      const { bytes } = opened.memory;
      if (bytes > NETASCII_BYTES_MAX) throw new Error(`${bytes} bytes are too many for netascii`);
      return this.#files.openBytes(toNetascii(opened.memory.read(bytes)));
    } finally {
      opened.release();
    }
  }

  #refuse({ socket, client }: Omit<From, "listener">, code: number, message: string): void {
    const to = { address: Math.floor(client / 65_536), port: client % 65_536 };
    this.#sender.sendBytes(socket, to, encodeTftp({ kind: "error", code, message }));
  }

  #close(address: Ipv4, listener: TftpListener): void {
    this.#sender.flush();
    this.#transfers.endAll(listener);
    for (const [id, pending] of this.#pending) {
      if (pending.listener === listener) this.#pending.delete(id);
    }
    listener.close();
    this.#listeners.delete(address);
  }

  #drop(reason: string, client: number, fields: Record<string, unknown>): void {
    this.#counters.dropped[reason] = (this.#counters.dropped[reason] ?? 0) + 1;
    const { address, port } = clientOf(client);
    this.#deps.onDropped(reason, { client: `${address}:${port}`, ...fields });
  }
}

/** Where a packet came from: our socket and the client's address and port. */
interface From {
  readonly listener: TftpListener;
  readonly socket: UdpSocket;
  readonly client: number;
}

function clientKeyOf({ address, port }: ReturnType<typeof clientOf>): number {
  return clientKey(ipv4ToNumber(address), port);
}
