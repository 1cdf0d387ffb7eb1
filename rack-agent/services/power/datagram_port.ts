import { Poller } from "@/rack-agent/runtime/libc_poll.ts";
import { UdpSocket } from "@/rack-agent/runtime/libc_socket.ts";
import { type Ipv4, parseIpv4 } from "@/shared/net/ipv4.ts";

/** Where a BMC listens. */
export interface IpmiPeer {
  readonly address: string; // numeric
  readonly port: number;
  readonly family: 4 | 6;
}

/** A bound UDP socket. What cannot be sent is lost, as any datagram may be. */
export interface UdpPort {
  /** Resolves once it is bound; rejects when it cannot be. */
  readonly ready: Promise<void>;
  send(bytes: Uint8Array, peer: IpmiPeer): void;
  /** Hands over what has arrived and was not handed over yet. */
  drain(): void;
  close(): void;
}

export type Receive = (bytes: Uint8Array, address: string, port: number) => void;

const IDLE_MS = 60_000;
/** Taken before timers and others have their turn. */
const DATAGRAMS_PER_TURN = 256;

/**
 * A UDP socket on a free port, by the kernel's own calls.
 *
 * The runtime's UDP takes a new buffer of 64 KiB for each datagram and a turn of the event loop;
 * at hundreds of BMCs a second that is most of what asking them costs.
 */
export class DatagramPort implements UdpPort {
  readonly ready: Promise<void>;
  readonly #receive: Receive;
  readonly #poller = new Poller();
  #socket: UdpSocket | undefined;
  #isClosed = false;

  constructor(receive: Receive) {
    this.#receive = receive;
    this.ready = this.#open();
    this.ready.catch(() => this.#poller.close());
  }

  send(bytes: Uint8Array, { address, port }: IpmiPeer): void {
    // Safe: the family of the peer says that this is an IPv4 address.
    this.#socket?.send(bytes, { address: address as Ipv4, port });
  }

  drain(): void {
    for (let count = 0; count < DATAGRAMS_PER_TURN && !this.#isClosed; count++) {
      const datagram = this.#socket?.receive();
      if (!datagram) return;
      this.#receive(datagram.bytes, datagram.source.address, datagram.source.port);
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#poller.wake(); // the loop closes what it waits on
  }

  #open(): Promise<void> {
    return new Promise((resolve) => {
      const socket = UdpSocket.open({ address: parseIpv4("0.0.0.0"), port: 0 });
      this.#socket = socket;
      void this.#serve(socket);
      resolve();
    });
  }

  async #serve(socket: UdpSocket): Promise<void> {
    while (!this.#isClosed) {
      await this.#poller.wait([socket.fd], IDLE_MS);
      this.drain();
    }
    this.#socket = undefined;
    socket.close();
    this.#poller.close();
  }
}
