import { DatagramPort } from "./datagram_port.ts";
import type { IpmiPeer, UdpPort } from "./datagram_port.ts";
import { NodeDatagramPort } from "./node_datagram_port.ts";

export type { IpmiPeer } from "./datagram_port.ts";

/** One session's use of a shared socket. */
export interface Attachment {
  send(bytes: Uint8Array): void;
  /** Hands over what has arrived already, before somebody concludes that nothing did. */
  drain(): void;
  /** Datagrams that came to the socket from nobody it talks to, since this began. */
  foreign(): number;
  /** Ends the use; the last one closes the socket. */
  detach(): void;
}

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
  readonly #port: UdpPort;
  readonly #receivers = new Map<string, (bytes: Uint8Array) => void>();
  readonly #onUnused: () => void;
  #foreign = 0;

  constructor(family: 4 | 6, onUnused: () => void) {
    this.family = family;
    this.#onUnused = onUnused;
    const receive = (bytes: Uint8Array, address: string, port: number) => {
      const found = this.#receivers.get(keyOf({ address, port }));
      if (found) found(bytes);
      else this.#foreign++;
    };
    this.#port = family === 4 ? new DatagramPort(receive) : new NodeDatagramPort(receive);
  }

  isFree(peer: IpmiPeer): boolean {
    return !this.#receivers.has(keyOf(peer));
  }

  async attach(peer: IpmiPeer, receive: (bytes: Uint8Array) => void): Promise<Attachment> {
    const key = keyOf(peer);
    this.#receivers.set(key, receive);
    try {
      await this.#port.ready;
    } catch (error) {
      this.#detach(key);
      throw error;
    }
    const foreignBefore = this.#foreign;
    let isAttached = true;
    return {
      send: (bytes) => {
        if (isAttached) this.#port.send(bytes, peer);
      },
      drain: () => this.#port.drain(),
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
    this.#port.close();
  }
}

function keyOf({ address, port }: { address: string; port: number }): string {
  return `${address} ${port}`;
}
