import { type Arrival, PROXY_PORT } from "@/rack-agent/protocol/dhcp/asked.ts";
import type { Destination } from "@/rack-agent/protocol/dhcp/reply.ts";
import { ArpSocket } from "@/rack-agent/runtime/libc_arp.ts";
import { IcmpSocket } from "@/rack-agent/runtime/libc_icmp.ts";
import { ReceiveBatch } from "@/rack-agent/runtime/libc_batch.ts";
import { ReplyBatch } from "@/rack-agent/runtime/libc_reply_batch.ts";
import { HardwareSocket, interfaceIndex, UdpSocket } from "@/rack-agent/runtime/libc_socket.ts";
import { type SocketMemory, socketMemory } from "@/rack-agent/runtime/libc_socket_memory.ts";
import { BlockingPoller } from "@/rack-agent/runtime/libc_wait.ts";
import { encodeIpPacket } from "@/rack-agent/wire/dhcp/ip_packet.ts";
import { ECHO_REPLY } from "@/rack-agent/wire/icmp/echo.ts";
import { type Ipv4, ipv4FromNumber, ipv4ToNumber } from "@/shared/net/ipv4.ts";
import { macAddressBytes } from "@/shared/net/mac_address.ts";

const SERVER_PORT = 67;
const CLIENT_PORT = 68;
const ANY_ADDRESS = ipv4FromNumber(0);
const EVERYBODY = 0xffff_ffff;
/** Datagrams taken from one socket in a turn, so that no interface starves the others. */
const BATCH_DATAGRAMS = 256;
/** No DHCP packet is longer than an Ethernet frame. */
const PACKET_BYTES_MAX = 1_536;

/** An interface that is listened on. */
export interface WantedLink {
  readonly interfaceName: string;
  /** Somebody else gives addresses there: port 4011 is served too. */
  readonly isProxied: boolean;
}

/** What the engine needs of the world's sockets. */
export interface DhcpTransport {
  /**
   * Makes these the interfaces listened on; call it again now and then, because interfaces come
   * and go. Returns what is wrong with those that cannot be used now.
   */
  listenOn(links: readonly WantedLink[]): { interfaceName: string; cause: unknown }[];
  /** Hands over datagrams that have come in; the bytes are only valid during the call. */
  receive(onDatagram: (arrival: Arrival, bytes: Uint8Array) => void): void;
  /** The reply leaves with the next `flush`, or before. */
  send(interfaceName: string, reply: DhcpReply): void;
  /** Returns the error numbers of replies that could not be sent since the last call. */
  flush(): number[];
  /** Asks everybody on a link for an address, by ARP; who has it is heard through `hear`. */
  probe(interfaceName: string, packet: Uint8Array): void;
  /** Hands over ARP packets that have come in. */
  hear(onPacket: (interfaceName: string, packet: Uint8Array) => void): void;
  /** Sends an ICMP message to a host behind a router. False: there is no way there. */
  ping(ipv4: Ipv4, message: Uint8Array): boolean;
  /** Hands over echo replies that have come in, each with its IPv4 header. */
  hearPings(onPacket: (packet: Uint8Array) => void): void;
  memory(): ({ interfaceName: string } & SocketMemory)[];
  /** Safe to call twice. */
  close(): void;
}

export interface DhcpReply {
  readonly bytes: Uint8Array;
  readonly source: Ipv4;
  readonly destination: Destination;
}

interface Link {
  readonly index: number;
  readonly socket: UdpSocket;
  readonly proxySocket?: UdpSocket;
  readonly arp: ArpSocket;
}

/**
 * One UDP socket per interface, tied to it: that is how the interface of a broadcast is known and
 * a reply to 255.255.255.255 leaves by the right one. A client without an address is sent to by
 * its hardware address.
 */
export class LinuxDhcpTransport implements DhcpTransport {
  readonly #links = new Map<string, Link>();
  readonly #incoming = new ReceiveBatch(BATCH_DATAGRAMS, PACKET_BYTES_MAX);
  readonly #datagrams = new ReplyBatch(BATCH_DATAGRAMS, PACKET_BYTES_MAX);
  readonly #frames = new ReplyBatch(BATCH_DATAGRAMS, PACKET_BYTES_MAX);
  readonly #poller = new BlockingPoller();
  readonly #wakeFds: readonly number[];
  #hardware: HardwareSocket | undefined;
  #icmp: IcmpSocket | undefined;
  /** The socket whose replies are in `#datagrams`. */
  #sending: UdpSocket | undefined;
  #errors: number[] = [];

  /** `wakeFds`: event counters that end a wait. */
  constructor(wakeFds: readonly number[]) {
    this.#wakeFds = wakeFds;
    this.#watch();
  }

  listenOn(wanted: readonly WantedLink[]): { interfaceName: string; cause: unknown }[] {
    this.#hardware ??= HardwareSocket.open();
    this.#icmp ??= IcmpSocket.open(ECHO_REPLY);
    this.#closeUnwanted(wanted);
    const problems = wanted.flatMap((link) => {
      try {
        this.#open(link);
        return [];
      } catch (cause) {
        return [{ interfaceName: link.interfaceName, cause }];
      }
    });
    this.#watch();
    return problems;
  }

  /** Stops this thread until something comes in. Returns which of the event counters have. */
  wait(timeoutMs: number): readonly boolean[] {
    const ready = this.#poller.wait(timeoutMs);
    return this.#wakeFds.map((_, i) => ready > 0 && this.#poller.isReady(i));
  }

  receive(onDatagram: (arrival: Arrival, bytes: Uint8Array) => void): void {
    for (const [interfaceName, { socket, proxySocket }] of this.#links) {
      this.#receiveFrom(socket, { interfaceName, port: SERVER_PORT }, onDatagram);
      if (proxySocket) {
        this.#receiveFrom(proxySocket, { interfaceName, port: PROXY_PORT }, onDatagram);
      }
    }
  }

  send(interfaceName: string, { bytes, source, destination }: DhcpReply): void {
    const link = this.#links.get(interfaceName);
    if (!link) return; // taken out of service since the request came
    switch (destination.kind) {
      case "relay":
        return this.#datagram(link.socket, bytes, ipv4ToNumber(destination.address), SERVER_PORT);
      case "client":
        return this.#datagram(link.socket, bytes, ipv4ToNumber(destination.address), CLIENT_PORT);
      case "broadcast":
        return this.#datagram(link.socket, bytes, EVERYBODY, CLIENT_PORT);
      case "peer": {
        const socket = link.proxySocket ?? link.socket;
        const { address, port } = destination;
        return this.#datagram(socket, bytes, ipv4ToNumber(address), port);
      }
      case "hardware": {
        if (this.#frames.isFull) this.#flushFrames();
        const packet = encodeIpPacket({
          source: { address: source, port: SERVER_PORT },
          destination: { address: destination.address, port: CLIENT_PORT },
          payload: bytes,
        });
        return this.#frames.addIpPacket(packet, link.index, macAddressBytes(destination.mac));
      }
    }
  }

  flush(): number[] {
    this.#flushDatagrams();
    this.#flushFrames();
    return this.#errors.splice(0);
  }

  probe(interfaceName: string, packet: Uint8Array): void {
    this.#links.get(interfaceName)?.arp.broadcast(packet);
  }

  hear(onPacket: (interfaceName: string, packet: Uint8Array) => void): void {
    for (const [interfaceName, { arp }] of this.#links) {
      arp.receive((packet) => onPacket(interfaceName, packet));
    }
  }

  ping(ipv4: Ipv4, message: Uint8Array): boolean {
    return this.#icmp?.send(ipv4ToNumber(ipv4), message) === 0;
  }

  hearPings(onPacket: (packet: Uint8Array) => void): void {
    this.#icmp?.receive(onPacket);
  }

  memory(): ({ interfaceName: string } & SocketMemory)[] {
    return [...this.#links].flatMap(([interfaceName, { socket }]) => {
      const memory = socketMemory(socket.fd);
      return memory ? [{ interfaceName, ...memory }] : [];
    });
  }

  close(): void {
    for (const link of this.#links.values()) closeLink(link);
    this.#links.clear();
    this.#hardware?.close();
    this.#hardware = undefined;
    this.#icmp?.close();
    this.#icmp = undefined;
    for (const batch of [this.#incoming, this.#datagrams, this.#frames]) batch.close();
  }

  #receiveFrom(
    socket: UdpSocket,
    arrival: Arrival,
    onDatagram: (arrival: Arrival, bytes: Uint8Array) => void,
  ): void {
    const count = this.#incoming.receive(socket.fd);
    const isProxy = arrival.port === PROXY_PORT;
    for (let i = 0; i < count; i++) {
      const source = isProxy
        ? { address: ipv4FromNumber(this.#incoming.addressOf(i)), port: this.#incoming.portOf(i) }
        : undefined;
      onDatagram(source ? { ...arrival, source } : arrival, this.#incoming.datagram(i));
    }
  }

  #datagram(socket: UdpSocket, bytes: Uint8Array, address: number, port: number): void {
    if (this.#sending !== socket || this.#datagrams.isFull) this.#flushDatagrams();
    this.#sending = socket;
    this.#datagrams.addDatagram(bytes, address, port);
  }

  #flushDatagrams(): void {
    if (!this.#sending || this.#datagrams.size === 0) return;
    this.#errors.push(...this.#datagrams.flush(this.#sending.fd));
  }

  #flushFrames(): void {
    if (!this.#hardware || this.#frames.size === 0) return;
    this.#errors.push(...this.#frames.flush(this.#hardware.fd));
  }

  #closeUnwanted(wanted: readonly WantedLink[]): void {
    for (const [name, link] of this.#links) {
      const still = wanted.find(({ interfaceName }) => interfaceName === name);
      // A new interface of the same name is another one to the kernel: the old socket is deaf.
      const isSame = interfaceIndex(name) === link.index;
      if (still && isSame && still.isProxied === (link.proxySocket !== undefined)) continue;
      this.flush(); // nothing may be sent through a closed socket
      this.#sending = undefined;
      closeLink(link);
      this.#links.delete(name);
    }
  }

  #open({ interfaceName, isProxied }: WantedLink): void {
    if (this.#links.has(interfaceName)) return;
    const open = (port: number) => UdpSocket.open({ address: ANY_ADDRESS, port, interfaceName });
    const opened: { close(): void }[] = [];
    try {
      const socket = open(SERVER_PORT);
      opened.push(socket);
      const index = interfaceIndex(interfaceName);
      if (index === undefined) throw new Error(`${interfaceName} is gone again`);
      const proxySocket = isProxied ? open(PROXY_PORT) : undefined;
      if (proxySocket) opened.push(proxySocket);
      const arp = ArpSocket.open(index);
      this.#links.set(interfaceName, { index, socket, proxySocket, arp });
    } catch (error) {
      for (const socket of opened) socket.close();
      throw error;
    }
  }

  #watch(): void {
    const fds = [...this.#links.values()].flatMap(({ socket, proxySocket, arp }) => [
      socket.fd,
      ...(proxySocket ? [proxySocket.fd] : []),
      arp.fd,
    ]);
    this.#poller.watch([...this.#wakeFds, ...fds, ...(this.#icmp ? [this.#icmp.fd] : [])]);
  }
}

function closeLink({ socket, proxySocket, arp }: Link): void {
  socket.close();
  proxySocket?.close();
  arp.close();
}
