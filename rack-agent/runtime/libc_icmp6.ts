import { cString, ERRNO, failedCall, fixedBuffer, intBytes, lastErrno, libc } from "./libc.ts";
import {
  AF_INET6,
  SO_BINDTODEVICE,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_RAW,
  SOL_SOCKET,
} from "./libc_numbers.ts";
import { interfaceIndex } from "./libc_socket.ts";

// Linux, the same on x86-64 and aarch64 (bits/socket.h, linux/in6.h, linux/icmpv6.h).
const IPPROTO_IPV6 = 41;
const IPPROTO_ICMPV6 = 58;
const IPV6_MULTICAST_IF = 17;
const IPV6_MULTICAST_HOPS = 18;
const IPV6_MULTICAST_LOOP = 19;
const IPV6_JOIN_GROUP = 20;
const ICMPV6_FILTER = 1;
const FILTER_BYTES = 32; // a bit a type; a set bit keeps that type out
const SOCKADDR_IN6_BYTES = 28;
const MESSAGE_BYTES_MAX = 1_500;
/** RFC 4861 §6.1: receivers drop what has passed a router. */
const HOP_LIMIT = 255;

/** ff02::N, on the link alone: 1 all nodes, 2 all routers (RFC 4291 §2.7.1). */
function linkGroup(number: 1 | 2): Uint8Array {
  const bytes = new Uint8Array(16);
  bytes.set([0xff, 0x02]);
  bytes[15] = number;
  return bytes;
}

/** Hears one ICMPv6 type sent to all routers of a link, and sends to all its nodes. Needs CAP_NET_RAW. */
export class RouterGroupSocket {
  readonly fd: number;
  readonly #index: number;
  readonly #incoming = fixedBuffer(MESSAGE_BYTES_MAX);
  readonly #outgoing = fixedBuffer(MESSAGE_BYTES_MAX);
  readonly #peer = fixedBuffer(SOCKADDR_IN6_BYTES);
  readonly #peerBytes = new Uint32Array(fixedBuffer(4).buffer);
  #isOpen = true;

  private constructor(fd: number, index: number) {
    this.fd = fd;
    this.#index = index;
  }

  /** Throws DomainError `unavailable`: no such interface, no IPv6 on it, or not permitted. */
  static open(interfaceName: string, icmpType: number): RouterGroupSocket {
    const index = interfaceIndex(interfaceName);
    if (index === undefined) throw failedCall(`interface ${interfaceName}`, ERRNO.ENODEV);
    const flags = SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC;
    const fd = libc().socket(AF_INET6, flags, IPPROTO_ICMPV6);
    if (fd < 0) throw failedCall("socket(ICMPv6)", lastErrno());
    const socket = new RouterGroupSocket(fd, index);
    try {
      socket.#configure(interfaceName, icmpType);
    } catch (error) {
      socket.close();
      throw error;
    }
    return socket;
  }

  /** Takes all that is waiting; returns how many messages that were. */
  drain(): number {
    const { recvfrom } = libc();
    for (let count = 0; count < 1_000; count++) {
      this.#peerBytes[0] = SOCKADDR_IN6_BYTES;
      const { fd } = this;
      const size = BigInt(MESSAGE_BYTES_MAX);
      const got = recvfrom(fd, this.#incoming, size, 0, this.#peer, this.#peerBytes);
      if (Number(got) < 0) return count; // nothing more, or the link is down
    }
    return 1_000;
  }

  /** Sends an ICMPv6 message to all nodes, or returns the error number. */
  sendToAllNodes(message: Uint8Array): number {
    this.#outgoing.set(message);
    const address = fixedBuffer(SOCKADDR_IN6_BYTES);
    const view = new DataView(address.buffer);
    view.setUint16(0, AF_INET6, true);
    address.set(linkGroup(1), 8);
    view.setUint32(24, this.#index, true);
    const size = BigInt(message.length);
    const sent = libc().sendto(this.fd, this.#outgoing, size, 0, address, SOCKADDR_IN6_BYTES);
    return Number(sent) < 0 ? lastErrno() : 0;
  }

  /** Safe to call twice. No `Poller` may be waiting on it. */
  close(): void {
    if (this.#isOpen) libc().close(this.fd);
    this.#isOpen = false;
  }

  #configure(interfaceName: string, icmpType: number): void {
    this.#set(SOL_SOCKET, SO_BINDTODEVICE, cString(interfaceName));
    const filter = new Uint8Array(FILTER_BYTES).fill(0xff);
    filter[icmpType >> 3] = 0xff & ~(1 << (icmpType & 7)); // little-endian words: bytes in order
    this.#set(IPPROTO_ICMPV6, ICMPV6_FILTER, filter);
    const membership = new Uint8Array(20);
    membership.set(linkGroup(2));
    membership.set(intBytes(this.#index), 16);
    this.#set(IPPROTO_IPV6, IPV6_JOIN_GROUP, membership);
    this.#set(IPPROTO_IPV6, IPV6_MULTICAST_IF, intBytes(this.#index));
    this.#set(IPPROTO_IPV6, IPV6_MULTICAST_HOPS, intBytes(HOP_LIMIT));
    this.#set(IPPROTO_IPV6, IPV6_MULTICAST_LOOP, intBytes(0));
  }

  #set(level: number, option: number, value: Uint8Array): void {
    const bytes = fixedBuffer(value.length);
    bytes.set(value);
    if (libc().setsockopt(this.fd, level, option, bytes, bytes.length) < 0) {
      throw failedCall(`setsockopt(${level}, ${option})`, lastErrno());
    }
  }
}
