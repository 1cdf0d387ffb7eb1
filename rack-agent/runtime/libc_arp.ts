import { failedCall, fixedBuffer, lastErrno, libc } from "./libc.ts";
import { AF_PACKET, SOCK_CLOEXEC, SOCK_DGRAM, SOCK_NONBLOCK } from "./libc_numbers.ts";

// Linux, the same on x86-64 and aarch64.
const ETH_P_ARP = 0x0806;
const SOCKADDR_LL_BYTES = 20;
const FRAME_BYTES_MAX = 64;
/** In one look: more is a storm, and the rest can wait for the next. */
const FRAMES_MAX = 256;

/** Hears and sends ARP on one interface. Needs CAP_NET_RAW. */
export class ArpSocket {
  readonly fd: number;
  readonly #incoming = fixedBuffer(FRAME_BYTES_MAX);
  readonly #outgoing = fixedBuffer(FRAME_BYTES_MAX);
  readonly #address = fixedBuffer(SOCKADDR_LL_BYTES);
  readonly #peer = fixedBuffer(SOCKADDR_LL_BYTES);
  readonly #peerBytes = new Uint32Array(fixedBuffer(4).buffer);
  #isOpen = true;

  private constructor(fd: number, interfaceIndex: number) {
    this.fd = fd;
    const view = new DataView(this.#address.buffer);
    view.setUint16(0, AF_PACKET, true);
    view.setUint16(2, ETH_P_ARP, false);
    view.setInt32(4, interfaceIndex, true);
    view.setUint8(11, 6);
    this.#address.fill(0xff, 12, 18); // to everybody
  }

  /** Throws DomainError `unavailable`. */
  static open(interfaceIndex: number): ArpSocket {
    const { socket, bind } = libc();
    const protocol = (ETH_P_ARP >> 8) | ((ETH_P_ARP & 0xff) << 8); // in network order
    const fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
    if (fd < 0) throw failedCall("socket(AF_PACKET)", lastErrno());
    const opened = new ArpSocket(fd, interfaceIndex);
    if (bind(fd, opened.#address, SOCKADDR_LL_BYTES) < 0) {
      const error = failedCall("bind(AF_PACKET)", lastErrno());
      opened.close();
      throw error;
    }
    return opened;
  }

  /** Sends to everybody on the link, or returns the error number. */
  broadcast(packet: Uint8Array): number {
    this.#outgoing.set(packet);
    const { sendto } = libc();
    const size = BigInt(packet.length);
    const sent = sendto(this.fd, this.#outgoing, size, 0, this.#address, SOCKADDR_LL_BYTES);
    return Number(sent) < 0 ? lastErrno() : 0;
  }

  /** Hands over what has come in; each packet is only valid during the call. */
  receive(onPacket: (packet: Uint8Array) => void): void {
    const { recvfrom } = libc();
    for (let i = 0; i < FRAMES_MAX; i++) {
      this.#peerBytes[0] = SOCKADDR_LL_BYTES;
      const size = BigInt(FRAME_BYTES_MAX);
      const got = Number(
        recvfrom(this.fd, this.#incoming, size, 0, this.#peer, this.#peerBytes),
      );
      if (got < 0) return; // nothing more, or the link is down
      onPacket(this.#incoming.subarray(0, got));
    }
  }

  /** Safe to call twice. */
  close(): void {
    if (this.#isOpen) libc().close(this.fd);
    this.#isOpen = false;
  }
}
