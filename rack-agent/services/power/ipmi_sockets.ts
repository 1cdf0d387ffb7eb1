import { Buffer } from "node:buffer";
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";

/** Where a BMC listens. */
export interface IpmiPeer {
  readonly address: string; // numeric
  readonly port: number;
  readonly family: 4 | 6;
}

/** One session's use of a shared socket. */
export interface Attachment {
  send(bytes: Uint8Array): void;
  /** Datagrams that came to the socket from nobody it talks to, since this began. */
  foreign(): number;
  /** Ends the use; the last one closes the socket. */
  detach(): void;
}

const RECEIVE_BUFFER_BYTES = 4 * 2 ** 20; // what the host allows of it

/**
 * UDP sockets that many sessions share: ten thousand BMCs need no ten thousand descriptors.
 *
 * Datagrams find their session by the address they come from; a second session with the same BMC
 * gets another socket. A socket lives as long as somebody uses it.
 */
export class IpmiSockets {
  #sockets: SharedSocket[] = [];

  /** Rejects when the host has no socket left. `receive` gets what that BMC sends. */
  async attach(peer: IpmiPeer, receive: (bytes: Uint8Array) => void): Promise<Attachment> {
    const fitting = this.#sockets.find((each) => each.family === peer.family && each.isFree(peer));
    const shared = fitting ?? this.#open(peer.family);
    return await shared.attach(peer, receive);
  }

  #open(family: 4 | 6): SharedSocket {
    const shared = new SharedSocket(family, () => {
      this.#sockets = this.#sockets.filter((each) => each !== shared);
    });
    this.#sockets.push(shared);
    return shared;
  }
}

class SharedSocket {
  readonly family: 4 | 6;
  readonly #socket: Socket;
  readonly #receivers = new Map<string, (bytes: Uint8Array) => void>();
  readonly #bound: Promise<void>;
  readonly #onUnused: () => void;
  #foreign = 0;

  constructor(family: 4 | 6, onUnused: () => void) {
    this.family = family;
    this.#onUnused = onUnused;
    this.#socket = createSocket({
      type: family === 6 ? "udp6" : "udp4",
      recvBufferSize: RECEIVE_BUFFER_BYTES,
    });
    this.#socket.on("message", (bytes, from) => this.#receive(bytes, from));
    this.#bound = new Promise((resolve, reject) => {
      // Later errors are of single datagrams (host unreachable): silence, and the session repeats.
      this.#socket.on("error", reject);
      this.#socket.bind(0, () => resolve());
    });
  }

  isFree(peer: IpmiPeer): boolean {
    return !this.#receivers.has(keyOf(peer));
  }

  async attach(peer: IpmiPeer, receive: (bytes: Uint8Array) => void): Promise<Attachment> {
    const key = keyOf(peer);
    this.#receivers.set(key, receive);
    try {
      await this.#bound;
    } catch (error) {
      this.#detach(key);
      throw error;
    }
    const foreignBefore = this.#foreign;
    let isAttached = true;
    return {
      send: (bytes) => {
        if (!isAttached) return;
        this.#socket.send(Buffer.from(bytes), peer.port, peer.address, () => undefined);
      },
      foreign: () => this.#foreign - foreignBefore,
      detach: () => {
        if (isAttached) this.#detach(key);
        isAttached = false;
      },
    };
  }

  #detach(key: string): void {
    this.#receivers.delete(key);
    if (this.#receivers.size > 0) return;
    this.#onUnused();
    this.#socket.close();
  }

  #receive(bytes: Uint8Array, from: RemoteInfo): void {
    const receive = this.#receivers.get(keyOf(from));
    if (receive) receive(Uint8Array.from(bytes));
    else this.#foreign++;
  }
}

function keyOf({ address, port }: { address: string; port: number }): string {
  return `${address} ${port}`;
}
