import { failedCall, fixedBuffer, intBytes, lastErrno, libc } from "./libc.ts";
import {
  AF_INET,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_RAW,
  SOCKADDR_IN_BYTES,
} from "./libc_numbers.ts";

// Linux, the same on x86-64 and aarch64 (linux/in.h, linux/icmp.h).
const IPPROTO_ICMP = 1;
const SOL_RAW = 255;
const ICMP_FILTER = 1;
const PACKET_BYTES_MAX = 1_500;
/** In one look: more is a storm, and the rest can wait for the next. */
const PACKETS_MAX = 256;

/** Sends ICMP to any host and hears one type of it from all. Needs CAP_NET_RAW. */
export class IcmpSocket {
  readonly fd: number;
  readonly #incoming = fixedBuffer(PACKET_BYTES_MAX);
  readonly #outgoing = fixedBuffer(PACKET_BYTES_MAX);
  readonly #peer = fixedBuffer(SOCKADDR_IN_BYTES);
  readonly #peerBytes = new Uint32Array(fixedBuffer(4).buffer);
  #isOpen = true;

  private constructor(fd: number) {
    this.fd = fd;
  }

  /** Throws DomainError `unavailable`. */
  static open(heardType: number): IcmpSocket {
    const { socket, setsockopt } = libc();
    const fd = socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_ICMP);
    if (fd < 0) throw failedCall("socket(ICMP)", lastErrno());
    const opened = new IcmpSocket(fd);
    const filter = fixedBuffer(4);
    filter.set(intBytes(~(1 << heardType))); // a set bit keeps that type out
    if (setsockopt(fd, SOL_RAW, ICMP_FILTER, filter, filter.length) < 0) {
      const error = failedCall("setsockopt(ICMP_FILTER)", lastErrno());
      opened.close();
      throw error;
    }
    return opened;
  }

  /** Returns the error number; 0: it is on its way. `address` is an IPv4 address as a number. */
  send(address: number, message: Uint8Array): number {
    this.#outgoing.set(message);
    const peer = new DataView(this.#peer.buffer);
    peer.setUint16(0, AF_INET, true);
    peer.setUint16(2, 0);
    peer.setUint32(4, address);
    const size = BigInt(message.length);
    const sent = libc().sendto(this.fd, this.#outgoing, size, 0, this.#peer, SOCKADDR_IN_BYTES);
    return Number(sent) < 0 ? lastErrno() : 0;
  }

  /** Hands over what has come in, IPv4 header first; each is only valid during the call. */
  receive(onPacket: (packet: Uint8Array) => void): void {
    const { recvfrom } = libc();
    for (let i = 0; i < PACKETS_MAX; i++) {
      this.#peerBytes[0] = SOCKADDR_IN_BYTES;
      const size = BigInt(PACKET_BYTES_MAX);
      const got = Number(
        recvfrom(this.fd, this.#incoming, size, 0, this.#peer, this.#peerBytes),
      );
      if (got < 0) return;
      onPacket(this.#incoming.subarray(0, got));
    }
  }

  /** Safe to call twice. */
  close(): void {
    if (this.#isOpen) libc().close(this.fd);
    this.#isOpen = false;
  }
}
