import { type Endpoint, UdpSocket } from "@/rack-agent/runtime/libc_socket.ts";
import { type Ipv4, ipv4FromNumber } from "@/shared/net/ipv4.ts";
import type { ActiveTransfer } from "./active_transfer.ts";

/** UDP ports for transfers, inclusive; a firewall lets them through. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** Sockets that the transfers of one address share; each has its own transfer id, its port. */
const TRANSFER_SOCKETS = 8;
const PORT_BITS = 65_536;

/** One of the agent's addresses: the socket for requests, those for transfers, and who uses them. */
export class TftpListener {
  readonly requests: UdpSocket;
  readonly transferSockets: readonly UdpSocket[];
  /** By `clientKey`: a client's port has one transfer at a time (RFC 1350 §4). */
  readonly transfers = new Map<number, ActiveTransfer>();
  /** Clients whose file is being looked for, with the path they asked for. */
  readonly pending = new Map<number, string>();
  readonly address: Ipv4;
  #turn = 0;

  /** Throws DomainError `unavailable`, holding nothing. */
  constructor(endpoint: Endpoint, transferPorts?: PortRange) {
    this.address = endpoint.address;
    this.requests = UdpSocket.open(endpoint);
    const opened: UdpSocket[] = [];
    try {
      // Bound to the same address: clients drop data that comes from another than they asked.
      while (opened.length < TRANSFER_SOCKETS) {
        const socket = openTransferSocket(endpoint.address, opened, transferPorts);
        if (!socket) break;
        opened.push(socket);
      }
    } catch (error) {
      for (const socket of [this.requests, ...opened]) socket.close();
      throw error;
    }
    this.transferSockets = opened;
  }

  /** The sockets in turn: a client's next transfer gets another transfer id than its last. */
  nextTransferSocket(): UdpSocket {
    this.#turn = (this.#turn + 1) % this.transferSockets.length;
    return this.transferSockets[this.#turn] ?? this.requests;
  }

  /** Transfers first: a client that asks for the next file has just confirmed the last one. */
  get sockets(): readonly UdpSocket[] {
    return [...this.transferSockets, this.requests];
  }

  close(): void {
    for (const socket of this.sockets) socket.close();
  }
}

/** A client's address and port as one number: cheaper to look up than text. */
export function clientKey(address: number, port: number): number {
  return address * PORT_BITS + port;
}

export function clientOf(key: number): Endpoint {
  return { address: ipv4FromNumber(Math.floor(key / PORT_BITS)), port: key % PORT_BITS };
}

/** The next free port of the range; undefined when it has no more and some are open. */
function openTransferSocket(
  address: Ipv4,
  opened: readonly UdpSocket[],
  range: PortRange | undefined,
): UdpSocket | undefined {
  if (!range) return UdpSocket.open({ address, port: 0 });
  let cause: unknown;
  const afterLast = opened.at(-1)?.local.port;
  for (let port = afterLast ? afterLast + 1 : range.first; port <= range.last; port++) {
    try {
      return UdpSocket.open({ address, port });
    } catch (error) {
      cause = error; // somebody else's: the next one
    }
  }
  if (opened.length > 0) return undefined;
  throw cause;
}
