import { toNetascii } from "@/rack-agent/protocol/tftp/netascii.ts";
import { agreeOptions } from "@/rack-agent/protocol/tftp/transfer_options.ts";
import type { Clock } from "@/rack-agent/runtime/clock.ts";
import { Poller } from "@/rack-agent/runtime/libc_poll.ts";
import type { Endpoint, UdpSocket } from "@/rack-agent/runtime/libc_socket.ts";
import { errorText, type Log } from "@/rack-agent/runtime/log.ts";
import { RareLog } from "@/rack-agent/runtime/rare_log.ts";
import type { Service } from "@/rack-agent/runtime/service.ts";
import { DecodeError } from "@/rack-agent/wire/byte_reader.ts";
import {
  decodeTftp,
  encodeTftp,
  TFTP_ERROR,
  type TftpPacket,
} from "@/rack-agent/wire/tftp/packet.ts";
import type { Ipv4 } from "@/shared/net/ipv4.ts";
import { receiveBatch, TftpListener } from "./tftp_listener.ts";
import { findFile, type TftpRoute } from "./tftp_routes.ts";
import { type Served, TftpTransfers } from "./tftp_transfers.ts";

export interface TftpServiceDeps {
  /** Asked in order; the first that has the file serves it. */
  readonly routes: readonly TftpRoute[];
  readonly clock: Clock;
  readonly log: Log;
  /** A client has confirmed the last byte. */
  readonly onServed?: (served: Served) => void;
  /** 69 unless a test says otherwise. */
  readonly port?: number;
}

export interface TftpCounters {
  readonly received: number;
  /** Transfers completed. */
  readonly served: number;
  /** By reason, such as `tftp.malformed`, `tftp.file_not_found`, `tftp.timeout`. */
  readonly dropped: Readonly<Record<string, number>>;
}

type ReadRequest = Extract<TftpPacket, { path: string }>;

const TFTP_PORT = 69;
const TRANSFERS_MAX = 1_000;
/** Firmware fetches one file at a time; machines behind one NAT share their address. */
const TRANSFERS_PER_CLIENT_MAX = 32;
/** Addresses that cannot be listened on yet are tried again this often. */
const HOUSEKEEPING_MS = 1_000;

/** Serves files to boot firmware, read only, on the agent's own addresses. */
export class TftpService implements Service {
  readonly name = "tftp";
  readonly #deps: TftpServiceDeps;
  readonly #rareLog: RareLog;
  readonly #counters = { received: 0, served: 0, dropped: {} as Record<string, number> };
  readonly #transfers: TftpTransfers;
  readonly #listeners = new Map<Ipv4, TftpListener>();
  /** Requests whose file is being fetched. */
  readonly #pending = new Set<Pending>();
  #addresses: readonly Ipv4[] = [];
  #poller: Poller | undefined;
  #loop: Promise<void> = Promise.resolve();
  #isStopping = false;

  constructor(deps: TftpServiceDeps) {
    this.#deps = deps;
    this.#rareLog = new RareLog(deps.log, () => deps.clock.monoMs());
    this.#transfers = new TftpTransfers(
      (served) => {
        this.#counters.served += 1;
        deps.onServed?.(served);
      },
      ({ reason, path, client, confirmedBytes }) =>
        this.#drop(reason, client, { path, confirmedBytes }),
    );
  }

  /** Rejects when the sockets of an address cannot be had. No address yet is a normal start. */
  async start(): Promise<void> {
    this.#isStopping = false;
    const poller = new Poller();
    try {
      for (const address of this.#addresses) this.#open(address);
    } catch (error) {
      this.#closeAll();
      poller.close();
      throw error;
    }
    this.#poller = poller;
    this.#loop = this.#serve(poller);
    await Promise.resolve();
  }

  /** Transfers end at once: firmware asks again, and some clients take minutes over a file. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#poller?.wake();
    await this.#loop;
    this.#pending.clear();
    this.#closeAll();
    this.#poller?.close();
    this.#poller = undefined;
  }

  /** Listens on these addresses from now on; one that the host does not have yet is waited for. */
  applyAddresses(addresses: readonly Ipv4[]): void {
    this.#addresses = [...new Set(addresses)];
    this.#poller?.wake();
  }

  get counters(): TftpCounters {
    return structuredClone(this.#counters);
  }

  async #serve(poller: Poller): Promise<void> {
    const { clock } = this.#deps;
    let housekeepingMs = 0;
    while (!this.#isStopping) {
      const fds = this.#sockets().map(({ fd }) => fd);
      const waitMs = Math.min(this.#transfers.nextDeadlineMs - clock.monoMs(), HOUSEKEEPING_MS);
      const ready = new Set(await poller.wait(fds, Math.max(waitMs, 0)));
      for (const listener of this.#listeners.values()) this.#receive(listener, ready);
      this.#transfers.runDeadlines(clock.monoMs());
      // An idle turn is a timeout or a call to wake(): both are times to look around.
      if (ready.size > 0 && clock.monoMs() < housekeepingMs) continue;
      housekeepingMs = clock.monoMs() + HOUSEKEEPING_MS;
      if (!this.#isStopping) this.#followAddresses();
    }
  }

  #receive(listener: TftpListener, ready: ReadonlySet<number>): void {
    for (const socket of listener.sockets) {
      if (!ready.has(socket.fd)) continue;
      for (const { bytes, source } of receiveBatch(socket)) {
        this.#handle({ listener, socket, client: source }, bytes);
      }
    }
  }

  /** The one place where a packet's failures end: whatever it holds, the next one is served. */
  #handle(from: From, bytes: Uint8Array): void {
    this.#counters.received += 1;
    try {
      const packet = decodeTftp(bytes);
      if (from.socket === from.listener.requests) this.#onRequest(from, packet);
      else this.#onTransferPacket(from, packet);
    } catch (error) {
      const reason = error instanceof DecodeError ? "tftp.malformed" : "tftp.failed";
      this.#drop(reason, from.client, { cause: errorText(error) });
    }
  }

  #onTransferPacket({ socket, client }: From, packet: TftpPacket): void {
    if (this.#transfers.receive(socket, client, packet, this.#deps.clock.monoMs())) return;
    this.#drop("tftp.unknown_transfer", client, { kind: packet.kind });
    // RFC 1350 §4: tell the stranger, leave the transfers alone. An error is never answered.
    if (packet.kind === "error") return;
    this.#refuse({ socket, client }, TFTP_ERROR.unknownTransferId, "unknown transfer id");
  }

  #onRequest(from: From, packet: TftpPacket): void {
    const { listener, client } = from;
    const to = { socket: listener.nextTransferSocket(), client };
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
    if (this.#isRepeated(from, packet)) return;
    if (this.#isFull(client)) return; // it asks again, and firmware shows no error
    void this.#begin(to, packet);
  }

  /** A request sent twice is one transfer; a new one from the same port replaces the old. */
  #isRepeated({ listener, client }: From, { path }: ReadRequest): boolean {
    const isSame = (other: Pending) =>
      other.client.address === client.address && other.client.port === client.port &&
      listener.transfers.includes(other.socket);
    const pending = [...this.#pending].find(isSame);
    if (pending?.path === path) return true;
    if (pending) this.#pending.delete(pending);
    for (const socket of listener.transfers) {
      if (this.#transfers.isFresh(socket, client, path)) return true;
      this.#transfers.end(socket, client);
    }
    return false;
  }

  #isFull(client: Endpoint): boolean {
    const isTheirs = (pending: Pending) => pending.client.address === client.address;
    const theirs = this.#transfers.countOf(client.address) +
      [...this.#pending].filter(isTheirs).length;
    const isFull = theirs >= TRANSFERS_PER_CLIENT_MAX ||
      this.#transfers.size + this.#pending.size >= TRANSFERS_MAX;
    if (isFull) this.#drop("tftp.too_many_transfers", client, { theirs });
    return isFull;
  }

  async #begin(to: To, request: ReadRequest): Promise<void> {
    const pending: Pending = { ...to, path: request.path };
    this.#pending.add(pending);
    let found: Awaited<ReturnType<typeof findFile>>;
    try {
      found = await findFile(this.#deps.routes, request.path);
    } catch (error) {
      if (!this.#pending.delete(pending)) return;
      this.#drop("tftp.file_unavailable", to.client, {
        path: request.path,
        cause: errorText(error),
      });
      return this.#refuse(to, TFTP_ERROR.notDefined, "file not available now");
    }
    // Gone from the set: the client asked for something else meanwhile, or the service stopped.
    if (!this.#pending.delete(pending)) return;
    if (!found) {
      this.#drop("tftp.file_not_found", to.client, { path: request.path });
      return this.#refuse(to, TFTP_ERROR.fileNotFound, "file not found");
    }
    const file = request.mode === "netascii" ? toNetascii(found.file) : found.file;
    const terms = agreeOptions(request.options, file.length);
    this.#transfers.start(
      { ...to, path: found.path, requestedPath: request.path, file, terms },
      this.#deps.clock.monoMs(),
    );
    this.#poller?.wake(); // its deadline may come before the wait in progress ends
  }

  #refuse({ socket, client }: To, code: number, message: string): void {
    socket.send(encodeTftp({ kind: "error", code, message }), client);
  }

  #followAddresses(): void {
    for (const [address, listener] of this.#listeners) {
      if (!this.#addresses.includes(address)) this.#close(address, listener);
    }
    for (const address of this.#addresses) {
      try {
        this.#open(address);
      } catch (cause) {
        this.#rareLog.write("tftp.address_unavailable", { address, cause: errorText(cause) });
      }
    }
  }

  #open(address: Ipv4): void {
    if (this.#listeners.has(address)) return;
    const port = this.#deps.port ?? TFTP_PORT;
    this.#listeners.set(address, new TftpListener({ address, port }));
  }

  #close(address: Ipv4, listener: TftpListener): void {
    for (const socket of listener.transfers) this.#transfers.drop(socket);
    for (const pending of this.#pending) {
      if (listener.transfers.includes(pending.socket)) this.#pending.delete(pending);
    }
    listener.close();
    this.#listeners.delete(address);
  }

  #closeAll(): void {
    for (const [address, listener] of this.#listeners) this.#close(address, listener);
  }

  #sockets(): UdpSocket[] {
    return [...this.#listeners.values()].flatMap(({ sockets }) => sockets);
  }

  #drop(reason: string, client: Endpoint, fields: Record<string, unknown>): void {
    this.#counters.dropped[reason] = (this.#counters.dropped[reason] ?? 0) + 1;
    this.#rareLog.write(reason, { client: `${client.address}:${client.port}`, ...fields });
  }
}

/** Where a packet came from. */
interface From {
  readonly listener: TftpListener;
  readonly socket: UdpSocket;
  readonly client: Endpoint;
}

/** The transfer id that answers use: our socket, the client's port. */
interface To {
  readonly socket: UdpSocket;
  readonly client: Endpoint;
}

interface Pending extends To {
  readonly path: string;
}
