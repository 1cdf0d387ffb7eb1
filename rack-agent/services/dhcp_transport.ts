import type { Destination } from "@/rack-agent/protocol/dhcp/reply.ts";
import { HardwareSocket, interfaceIndex, UdpSocket } from "@/rack-agent/runtime/libc_socket.ts";
import { Poller } from "@/rack-agent/runtime/libc_poll.ts";
import { encodeIpPacket } from "@/rack-agent/wire/dhcp/ip_packet.ts";
import { type Ipv4, ipv4FromNumber } from "@/shared/net/ipv4.ts";

const SERVER_PORT = 67;
const CLIENT_PORT = 68;
const ANY_ADDRESS = ipv4FromNumber(0);
const EVERYBODY = ipv4FromNumber(0xffff_ffff);
/** Datagrams taken from one socket in a turn, so that no interface starves the others. */
const BATCH_DATAGRAMS = 256;

/** A datagram and the interface it came in on. */
export interface DhcpDatagram {
  readonly interfaceName: string;
  readonly bytes: Uint8Array;
}

/** What the DHCP service needs of the world's sockets. */
export interface DhcpTransport {
  /**
   * Makes these the interfaces listened on; call it again now and then, because interfaces come
   * and go. Returns what is wrong with those that cannot be used now.
   */
  listenOn(interfaceNames: readonly string[]): { interfaceName: string; cause: unknown }[];
  /** Datagrams that have come in; none after `timeoutMs` or `wake()`. */
  next(timeoutMs: number): Promise<DhcpDatagram[]>;
  wake(): void;
  /** Returns 0, or the error number of a reply that was not sent. */
  send(interfaceName: string, reply: DhcpReply): number;
  /** Call when nobody waits in `next()`. Safe to call twice. */
  close(): void;
}

export interface DhcpReply {
  readonly bytes: Uint8Array;
  readonly source: Ipv4;
  readonly destination: Destination;
}

interface Link {
  readonly socket: UdpSocket;
  readonly index: number;
}

/**
 * One UDP socket per interface, tied to it: that is how the interface of a broadcast is known and
 * a reply to 255.255.255.255 leaves by the right one. A client without an address is sent to by
 * its hardware address.
 */
export class LinuxDhcpTransport implements DhcpTransport {
  readonly #poller = new Poller();
  readonly #links = new Map<string, Link>();
  #hardware: HardwareSocket | undefined;

  listenOn(interfaceNames: readonly string[]): { interfaceName: string; cause: unknown }[] {
    this.#hardware ??= HardwareSocket.open();
    for (const [name, link] of this.#links) {
      // A new interface of the same name is another one to the kernel: the old socket is deaf.
      if (interfaceNames.includes(name) && interfaceIndex(name) === link.index) continue;
      link.socket.close();
      this.#links.delete(name);
    }
    return [...new Set(interfaceNames)].flatMap((interfaceName) => {
      try {
        this.#open(interfaceName);
        return [];
      } catch (cause) {
        return [{ interfaceName, cause }];
      }
    });
  }

  async next(timeoutMs: number): Promise<DhcpDatagram[]> {
    const fds = [...this.#links.values()].map(({ socket }) => socket.fd);
    const ready = new Set(await this.#poller.wait(fds, timeoutMs));
    return [...this.#links].flatMap(([interfaceName, { socket }]) =>
      ready.has(socket.fd) ? receiveBatch(interfaceName, socket) : []
    );
  }

  wake(): void {
    this.#poller.wake();
  }

  send(interfaceName: string, { bytes, source, destination }: DhcpReply): number {
    const link = this.#links.get(interfaceName);
    if (!link || !this.#hardware) return 0; // taken out of service since the request came
    switch (destination.kind) {
      case "relay":
        return link.socket.send(bytes, { address: destination.address, port: SERVER_PORT });
      case "peer":
        return link.socket.send(bytes, destination);
      case "client":
        return link.socket.send(bytes, { address: destination.address, port: CLIENT_PORT });
      case "broadcast":
        return link.socket.send(bytes, { address: EVERYBODY, port: CLIENT_PORT });
      case "hardware": {
        const packet = encodeIpPacket({
          source: { address: source, port: SERVER_PORT },
          destination: { address: destination.address, port: CLIENT_PORT },
          payload: bytes,
        });
        return this.#hardware.send(packet, { interfaceIndex: link.index, mac: destination.mac });
      }
    }
  }

  close(): void {
    for (const { socket } of this.#links.values()) socket.close();
    this.#links.clear();
    this.#hardware?.close();
    this.#hardware = undefined;
    this.#poller.close();
  }

  #open(interfaceName: string): void {
    if (this.#links.has(interfaceName)) return;
    const socket = UdpSocket.open({ address: ANY_ADDRESS, port: SERVER_PORT, interfaceName });
    const index = interfaceIndex(interfaceName);
    if (index === undefined) return socket.close(); // gone again; the next call will tell
    this.#links.set(interfaceName, { socket, index });
  }
}

function receiveBatch(interfaceName: string, socket: UdpSocket): DhcpDatagram[] {
  const batch: DhcpDatagram[] = [];
  while (batch.length < BATCH_DATAGRAMS) {
    const datagram = receiveOrNothing(socket);
    if (!datagram) break;
    batch.push({ interfaceName, bytes: datagram.bytes });
  }
  return batch;
}

/** An error fetched here is the link's (it went down); `listenOn` sees to it. */
function receiveOrNothing(socket: UdpSocket) {
  try {
    return socket.receive();
  } catch {
    return undefined;
  }
}
