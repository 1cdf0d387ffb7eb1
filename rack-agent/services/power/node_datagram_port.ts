import { Buffer } from "node:buffer";
import { createSocket, type Socket } from "node:dgram";
import type { IpmiPeer, Receive, UdpPort } from "./datagram_port.ts";

/** A UDP socket for IPv6 by the runtime: few BMCs have nothing else, and ease beats speed there. */
export class NodeDatagramPort implements UdpPort {
  readonly ready: Promise<void>;
  readonly #socket: Socket;

  constructor(receive: Receive) {
    this.#socket = createSocket("udp6");
    this.#socket.on("message", (bytes, { address, port }) => {
      receive(Uint8Array.from(bytes), address, port);
    });
    this.ready = new Promise((resolve, reject) => {
      // Later errors are of single datagrams (host unreachable): silence, and the session repeats.
      this.#socket.on("error", reject);
      this.#socket.bind(0, () => resolve());
    });
  }

  send(bytes: Uint8Array, { address, port }: IpmiPeer): void {
    this.#socket.send(Buffer.from(bytes), port, address, () => undefined);
  }

  /** The runtime hands over by itself. */
  drain(): void {}

  close(): void {
    this.#socket.close();
  }
}
