import { fixedBuffer, lastErrno, openLibc } from "./libc.ts";
import { AF_INET, AF_PACKET, IOVEC_BYTES, MMSGHDR_BYTES, MSGHDR } from "./libc_numbers.ts";
import { pointerOf, putPointer } from "./libc_batch.ts";

const SYMBOLS = {
  sendmmsg: { parameters: ["i32", "buffer", "u32", "i32"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;
let opened: Deno.DynamicLibrary<typeof SYMBOLS>["symbols"] | undefined;

const SOCKADDR_BYTES_MAX = 20; // sockaddr_ll; sockaddr_in has 16
const ETH_P_IP = 0x0800;

/** Batches now in use: their buffers point at each other, which the garbage collector cannot see. */
const IN_USE = new Set<object>();

/** Collects whole packets for one socket, and sends them with one call to the kernel. */
export class ReplyBatch {
  readonly #slots: number;
  readonly #slotBytes: number;
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #names: Uint8Array<ArrayBuffer>;
  readonly #iovs: Uint8Array<ArrayBuffer>;
  readonly #headers: Uint8Array<ArrayBuffer>;
  readonly #nameView: DataView;
  readonly #iovView: DataView;
  readonly #headerView: DataView;
  #size = 0;

  constructor(slots: number, slotBytes: number) {
    this.#slots = slots;
    this.#slotBytes = slotBytes;
    this.#bytes = fixedBuffer(slots * slotBytes);
    this.#names = fixedBuffer(slots * SOCKADDR_BYTES_MAX);
    this.#iovs = fixedBuffer(slots * IOVEC_BYTES);
    this.#headers = fixedBuffer(slots * MMSGHDR_BYTES);
    this.#nameView = new DataView(this.#names.buffer);
    this.#iovView = new DataView(this.#iovs.buffer);
    this.#headerView = new DataView(this.#headers.buffer);
    for (let i = 0; i < slots; i++) {
      const header = i * MMSGHDR_BYTES;
      putPointer(this.#iovView, i * IOVEC_BYTES, pointerOf(this.#bytes) + i * slotBytes);
      putPointer(this.#headerView, header, pointerOf(this.#names) + i * SOCKADDR_BYTES_MAX);
      putPointer(this.#headerView, header + MSGHDR.iov, pointerOf(this.#iovs) + i * IOVEC_BYTES);
      putPointer(this.#headerView, header + MSGHDR.iovs, 1);
    }
    IN_USE.add(this);
  }

  get size(): number {
    return this.#size;
  }

  get isFull(): boolean {
    return this.#size === this.#slots;
  }

  /** A datagram to an IPv4 address, as a number, and port. */
  addDatagram(bytes: Uint8Array, address: number, port: number): void {
    const at = this.#size * SOCKADDR_BYTES_MAX;
    this.#nameView.setUint16(at, AF_INET, true);
    this.#nameView.setUint16(at + 2, port, false);
    this.#nameView.setUint32(at + 4, address, false);
    this.#add(bytes, 16);
  }

  /** A whole IPv4 packet to a hardware address on an interface, for a packet socket. */
  addIpPacket(bytes: Uint8Array, interfaceIndex: number, macBytes: Uint8Array): void {
    const at = this.#size * SOCKADDR_BYTES_MAX;
    this.#nameView.setUint16(at, AF_PACKET, true);
    this.#nameView.setUint16(at + 2, ETH_P_IP, false);
    this.#nameView.setInt32(at + 4, interfaceIndex, true);
    this.#nameView.setUint8(at + 11, macBytes.length);
    this.#names.set(macBytes, at + 12);
    this.#add(bytes, SOCKADDR_BYTES_MAX);
  }

  /**
   * Sends what was collected, and starts anew. Returns the error numbers of those that could not
   * be sent: they are lost, as any packet may be.
   */
  flush(fd: number): number[] {
    opened ??= openLibc(SYMBOLS);
    const errors: number[] = [];
    for (let done = 0; done < this.#size;) {
      const headers = done === 0 ? this.#headers : this.#headers.subarray(done * MMSGHDR_BYTES);
      const sent = opened.sendmmsg(fd, headers, this.#size - done, 0);
      if (sent > 0) done += sent;
      else {
        errors.push(lastErrno());
        done += 1;
      }
    }
    this.#size = 0;
    return errors;
  }

  close(): void {
    IN_USE.delete(this);
  }

  #add(bytes: Uint8Array, nameBytes: number): void {
    if (this.isFull || bytes.length > this.#slotBytes) throw new Error("no room in the batch");
    this.#bytes.set(bytes, this.#size * this.#slotBytes);
    this.#iovView.setUint32(this.#size * IOVEC_BYTES + 8, bytes.length, true);
    this.#headerView.setUint32(this.#size * MMSGHDR_BYTES + MSGHDR.nameBytes, nameBytes, true);
    this.#size += 1;
  }
}
