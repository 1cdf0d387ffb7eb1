import { type Endpoint, UdpSocket } from "@/rack-agent/runtime/libc_socket.ts";
import type { Ipv4 } from "@/shared/net/ipv4.ts";

/** Sockets that the transfers of one address share; each has its own transfer id, its port. */
const TRANSFER_SOCKETS = 4;
/** Datagrams taken from one socket in a turn, so that no client starves the others. */
const BATCH_DATAGRAMS = 256;

/** One of the agent's addresses: the socket for requests, and those that transfers run over. */
export class TftpListener {
  readonly requests: UdpSocket;
  readonly transfers: readonly UdpSocket[];
  #turn = 0;

  /** Throws DomainError `unavailable`, holding nothing. */
  constructor(endpoint: Endpoint) {
    this.requests = UdpSocket.open(endpoint);
    const opened: UdpSocket[] = [];
    try {
      // Bound to the same address: clients drop data that comes from another than they asked.
      const { address } = endpoint;
      while (opened.length < TRANSFER_SOCKETS) opened.push(UdpSocket.open({ address, port: 0 }));
    } catch (error) {
      for (const socket of [this.requests, ...opened]) socket.close();
      throw error;
    }
    this.transfers = opened;
  }

  get address(): Ipv4 {
    return this.requests.local.address;
  }

  /** The sockets in turn: a client's next transfer gets another transfer id than its last. */
  nextTransferSocket(): UdpSocket {
    this.#turn = (this.#turn + 1) % TRANSFER_SOCKETS;
    return this.transfers[this.#turn] ?? this.requests;
  }

  get sockets(): readonly UdpSocket[] {
    return [this.requests, ...this.transfers];
  }

  close(): void {
    for (const socket of this.sockets) socket.close();
  }
}

/** What has come in on a socket, in order, up to a limit. */
export function receiveBatch(socket: UdpSocket): { bytes: Uint8Array; source: Endpoint }[] {
  const batch: { bytes: Uint8Array; source: Endpoint }[] = [];
  while (batch.length < BATCH_DATAGRAMS) {
    const datagram = socket.receive();
    if (!datagram) break;
    batch.push(datagram);
  }
  return batch;
}
