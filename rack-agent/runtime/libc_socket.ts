import { type Ipv4, ipv4FromNumber, ipv4ToNumber } from "@/shared/net/ipv4.ts";
import { cString, ERRNO, failedCall, fixedBuffer, intBytes, lastErrno, libc } from "./libc.ts";
import {
  AF_INET,
  AF_PACKET,
  SO_BINDTODEVICE,
  SO_REUSEADDR,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCKADDR_IN_BYTES,
  SOL_SOCKET,
} from "./libc_numbers.ts";

/** An IPv4 address and UDP port. */
export interface Endpoint {
  readonly address: Ipv4;
  readonly port: number;
}

// Linux, the same on x86-64 and aarch64 (asm-generic/socket.h, bits/socket.h).
const SO_BROADCAST = 6;
const SO_RCVBUF = 8;
const SO_RCVBUFFORCE = 33;

const DATAGRAM_BYTES_MAX = 65_536;
/** A power cut brings a whole site back at once: about 3000 DHCP packets fit. */
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024;

/** A UDP socket, optionally tied to one interface, that never blocks. */
export class UdpSocket {
  readonly fd: number;
  readonly #incoming = fixedBuffer(DATAGRAM_BYTES_MAX);
  readonly #outgoing = fixedBuffer(DATAGRAM_BYTES_MAX);
  readonly #peer = fixedBuffer(SOCKADDR_IN_BYTES);
  readonly #peerBytes = new Uint32Array(fixedBuffer(4).buffer);
  #isOpen = true;

  private constructor(fd: number) {
    this.fd = fd;
  }

  /**
   * Opens and binds. With `interfaceName` only that interface's packets are seen and sent, even to
   * and from 255.255.255.255 and without any route. Throws DomainError `unavailable`.
   */
  static open({ address, port, interfaceName }: Endpoint & { interfaceName?: string }): UdpSocket {
    const fd = libc().socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) throw failedCall("socket()", lastErrno());
    const socket = new UdpSocket(fd);
    try {
      if (interfaceName !== undefined) {
        socket.#set(SO_REUSEADDR, intBytes(1), "SO_REUSEADDR");
        socket.#set(SO_BROADCAST, intBytes(1), "SO_BROADCAST");
        socket.#set(SO_BINDTODEVICE, cString(interfaceName), `SO_BINDTODEVICE ${interfaceName}`);
      }
      socket.#growReceiveBuffer();
      writeSockaddrIn(socket.#peer, { address, port });
      if (libc().bind(fd, socket.#peer, SOCKADDR_IN_BYTES) < 0) {
        throw failedCall(`bind to ${address} port ${port}`, lastErrno());
      }
    } catch (error) {
      socket.close();
      throw error;
    }
    return socket;
  }

  /** The address and port it is bound to. */
  get local(): Endpoint {
    this.#peerBytes[0] = SOCKADDR_IN_BYTES;
    if (libc().getsockname(this.fd, this.#peer, this.#peerBytes) < 0) {
      throw failedCall("getsockname()", lastErrno());
    }
    return readSockaddrIn(this.#peer);
  }

  /** The next datagram, copied, or undefined when none is waiting. Throws on any other failure. */
  receive(): { readonly bytes: Uint8Array; readonly source: Endpoint } | undefined {
    this.#peerBytes[0] = SOCKADDR_IN_BYTES;
    const { recvfrom } = libc();
    const received = Number(
      recvfrom(this.fd, this.#incoming, BigInt(DATAGRAM_BYTES_MAX), 0, this.#peer, this.#peerBytes),
    );
    if (received < 0) {
      const errno = lastErrno();
      if (errno === ERRNO.EAGAIN) return undefined;
      throw failedCall("recvfrom()", errno);
    }
    return { bytes: this.#incoming.slice(0, received), source: readSockaddrIn(this.#peer) };
  }

  /** Sends, or returns the error number: the packet is then lost, as any may be. */
  send(bytes: Uint8Array, destination: Endpoint): number {
    this.#outgoing.set(bytes);
    writeSockaddrIn(this.#peer, destination);
    const { sendto } = libc();
    const sent = sendto(
      this.fd,
      this.#outgoing,
      BigInt(bytes.length),
      0,
      this.#peer,
      SOCKADDR_IN_BYTES,
    );
    return Number(sent) < 0 ? lastErrno() : 0;
  }

  /** Safe to call twice. No `Poller` may be waiting on it. */
  close(): void {
    if (this.#isOpen) libc().close(this.fd);
    this.#isOpen = false;
  }

  #set(option: number, value: Uint8Array<ArrayBuffer>, name: string): void {
    if (libc().setsockopt(this.fd, SOL_SOCKET, option, value, value.length) < 0) {
      throw failedCall(name, lastErrno());
    }
  }

  /** As large as allowed: beyond net.core.rmem_max only with CAP_NET_ADMIN. */
  #growReceiveBuffer(): void {
    const size = intBytes(RECEIVE_BUFFER_BYTES);
    const { setsockopt } = libc();
    if (setsockopt(this.fd, SOL_SOCKET, SO_RCVBUFFORCE, size, size.length) < 0) {
      setsockopt(this.fd, SOL_SOCKET, SO_RCVBUF, size, size.length);
    }
  }
}

/** Sends IPv4 packets to hardware addresses, past ARP. Receives nothing. Needs CAP_NET_RAW. */
export class HardwareSocket {
  /** For a `ReplyBatch`. */
  readonly fd: number;
  #isOpen = true;

  private constructor(fd: number) {
    this.fd = fd;
  }

  /** Throws DomainError `unavailable`. */
  static open(): HardwareSocket {
    // Protocol 0: no packet is ever queued to it. The kernel writes the Ethernet header.
    const fd = libc().socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) throw failedCall("socket(AF_PACKET)", lastErrno());
    return new HardwareSocket(fd);
  }

  /** Safe to call twice. */
  close(): void {
    if (this.#isOpen) libc().close(this.fd);
    this.#isOpen = false;
  }
}

/** The kernel's number of an interface; undefined when there is none of that name now. */
export function interfaceIndex(name: string): number | undefined {
  return libc().if_nametoindex(cString(name)) || undefined;
}

function writeSockaddrIn(into: Uint8Array<ArrayBuffer>, { address, port }: Endpoint): void {
  const view = new DataView(into.buffer);
  view.setUint16(0, AF_INET, true);
  view.setUint16(2, port, false);
  view.setUint32(4, ipv4ToNumber(address), false);
}

function readSockaddrIn(from: Uint8Array<ArrayBuffer>): Endpoint {
  const view = new DataView(from.buffer);
  return { address: ipv4FromNumber(view.getUint32(4, false)), port: view.getUint16(2, false) };
}
