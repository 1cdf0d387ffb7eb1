import { ERRNO, fixedBuffer, lastErrno, openLibc } from "./libc.ts";
import { AF_INET, IOVEC_BYTES, MMSGHDR_BYTES, MSGHDR, SOCKADDR_IN_BYTES } from "./libc_numbers.ts";

/**
 * Many datagrams with one call to the kernel, and their payload straight out of mapped memory.
 *
 * Buffers that hold the addresses of other buffers are invisible to the garbage collector, so
 * whatever is in use here is kept in `IN_USE` until it is closed.
 */
const libc = openLibcOnce({
  recvmmsg: { parameters: ["i32", "buffer", "u32", "i32", "pointer"], result: "i32" },
  sendmmsg: { parameters: ["i32", "buffer", "u32", "i32"], result: "i32" },
  poll: { parameters: ["buffer", "u64", "i32"], result: "i32" },
});
const IN_USE = new Set<object>();

const MSG_DONTWAIT = 0x40;
const POLLOUT = 4;
const POLLFD_BYTES = 8;
const TWO_32 = 2 ** 32;
/** cmsghdr { u64 len, i32 level, i32 type } and a u16, padded: one UDP_SEGMENT message. */
const CONTROL_BYTES = 24;
const CONTROL_BYTES_USED = 18;
const SOL_UDP = 17;
const UDP_SEGMENT = 103;

/** Takes up to a fixed number of datagrams off a socket at once. */
export class ReceiveBatch {
  readonly #slots: number;
  readonly #slotBytes: number;
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #names: Uint8Array<ArrayBuffer>;
  readonly #iovs: Uint8Array<ArrayBuffer>;
  readonly #headers: Uint8Array<ArrayBuffer>;
  readonly #nameView: DataView;
  readonly #headerView: DataView;
  /** What the last `receive` took; `datagram(i)` starts at `i * slotBytes`. */
  readonly view: DataView;

  /** Longer datagrams than `slotBytes` are cut off there. */
  constructor(slots: number, slotBytes: number) {
    this.#slots = slots;
    this.#slotBytes = slotBytes;
    this.#bytes = fixedBuffer(slots * slotBytes);
    this.#names = fixedBuffer(slots * SOCKADDR_IN_BYTES);
    this.#iovs = fixedBuffer(slots * IOVEC_BYTES);
    this.#headers = fixedBuffer(slots * MMSGHDR_BYTES);
    this.view = new DataView(this.#bytes.buffer);
    this.#nameView = new DataView(this.#names.buffer);
    this.#headerView = new DataView(this.#headers.buffer);
    const iovView = new DataView(this.#iovs.buffer);
    for (let i = 0; i < slots; i++) {
      putPointer(iovView, i * IOVEC_BYTES, pointerOf(this.#bytes) + i * slotBytes);
      putPointer(iovView, i * IOVEC_BYTES + 8, slotBytes);
      const at = i * MMSGHDR_BYTES;
      putPointer(this.#headerView, at, pointerOf(this.#names) + i * SOCKADDR_IN_BYTES);
      putPointer(this.#headerView, at + MSGHDR.iov, pointerOf(this.#iovs) + i * IOVEC_BYTES);
      putPointer(this.#headerView, at + MSGHDR.iovs, 1);
    }
    IN_USE.add(this);
  }

  /** How many datagrams there are now, 0 when none is waiting. */
  receive(fd: number): number {
    for (let i = 0; i < this.#slots; i++) {
      this.#headerView.setUint32(i * MMSGHDR_BYTES + MSGHDR.nameBytes, SOCKADDR_IN_BYTES, true);
    }
    const received = libc().recvmmsg(fd, this.#headers, this.#slots, MSG_DONTWAIT, null);
    return Math.max(received, 0); // an error is one of an earlier packet: ICMP said something
  }

  bytesOf(slot: number): number {
    return this.#headerView.getUint32(slot * MMSGHDR_BYTES + MSGHDR.len, true);
  }

  /** As a view: copy it to keep it past the next `receive`. */
  datagram(slot: number): Uint8Array {
    return this.#bytes.subarray(
      slot * this.#slotBytes,
      slot * this.#slotBytes + this.bytesOf(slot),
    );
  }

  /** The sender's IPv4 address as a number. */
  addressOf(slot: number): number {
    return this.#nameView.getUint32(slot * SOCKADDR_IN_BYTES + 4, false);
  }

  portOf(slot: number): number {
    return this.#nameView.getUint16(slot * SOCKADDR_IN_BYTES + 2, false);
  }

  close(): void {
    IN_USE.delete(this);
  }
}

/** What became of a batch. */
export interface Flushed {
  /** Error numbers of datagrams that could not be sent, by their place in the batch. */
  readonly failed: ReadonlyMap<number, number>;
}

const NONE_FAILED: Flushed = { failed: new Map() };
/** How long a full send buffer is waited for before what is left is given up. */
const SEND_WAIT_MS = 5;

/**
 * Collects datagrams, each of pieces of own and of foreign memory, and sends them at once.
 *
 * Foreign memory must stay until `flush` has returned.
 */
export class SendBatch {
  readonly #maxDatagrams: number;
  readonly #maxPieces: number;
  readonly #own: Uint8Array<ArrayBuffer>;
  readonly #ownView: DataView;
  readonly #ownPointer: number;
  readonly #iovPointer: number;
  readonly #names: Uint8Array<ArrayBuffer>;
  readonly #nameView: DataView;
  readonly #iovs: Uint8Array<ArrayBuffer>;
  readonly #iovView: DataView;
  readonly #controls: Uint8Array<ArrayBuffer>;
  readonly #controlView: DataView;
  readonly #headers: Uint8Array<ArrayBuffer>;
  readonly #headerView: DataView;
  readonly #pollfd = fixedBuffer(POLLFD_BYTES);
  #datagrams = 0;
  #pieces = 0;
  #ownUsed = 0;

  constructor(maxDatagrams: number, maxPieces: number) {
    this.#maxDatagrams = maxDatagrams;
    this.#maxPieces = maxPieces;
    this.#own = fixedBuffer(maxPieces * 4 + maxDatagrams * OWN_BYTES_MAX);
    this.#names = fixedBuffer(maxDatagrams * SOCKADDR_IN_BYTES);
    this.#iovs = fixedBuffer(maxPieces * IOVEC_BYTES);
    this.#controls = fixedBuffer(maxDatagrams * CONTROL_BYTES);
    this.#headers = fixedBuffer(maxDatagrams * MMSGHDR_BYTES);
    this.#ownView = new DataView(this.#own.buffer);
    this.#nameView = new DataView(this.#names.buffer);
    this.#iovView = new DataView(this.#iovs.buffer);
    this.#controlView = new DataView(this.#controls.buffer);
    this.#headerView = new DataView(this.#headers.buffer);
    this.#ownPointer = pointerOf(this.#own);
    this.#iovPointer = pointerOf(this.#iovs);
    this.#prepare(pointerOf(this.#names), pointerOf(this.#controls));
    IN_USE.add(this);
  }

  get size(): number {
    return this.#datagrams;
  }

  /** Whether so many more pieces, in as many datagrams, still fit. */
  hasRoomFor(pieces: number): boolean {
    return this.#datagrams + pieces <= this.#maxDatagrams &&
      this.#pieces + pieces <= this.#maxPieces;
  }

  /** Begins a datagram to an IPv4 address, as a number, and port. */
  start(address: number, port: number): void {
    const at = this.#datagrams * SOCKADDR_IN_BYTES;
    this.#nameView.setUint16(at + 2, port, false);
    this.#nameView.setUint32(at + 4, address, false);
    const header = this.#datagrams * MMSGHDR_BYTES;
    const iov = this.#iovPointer + this.#pieces * IOVEC_BYTES;
    putPointer(this.#headerView, header + MSGHDR.iov, iov);
    this.#headerView.setUint32(header + MSGHDR.iovs, 0, true);
  }

  /** Adds four bytes, big-endian. */
  addU32(value: number): void {
    this.#ownView.setUint32(this.#ownUsed, value, false);
    this.#addPiece(this.#ownPointer + this.#ownUsed, 4);
    this.#ownUsed += 4;
  }

  /** Adds a copy of a few bytes, `OWN_BYTES_MAX` at most. */
  addBytes(bytes: Uint8Array): void {
    if (bytes.length > OWN_BYTES_MAX) throw new Error(`${bytes.length} bytes are not a few`);
    this.#own.set(bytes, this.#ownUsed);
    this.#addPiece(this.#ownPointer + this.#ownUsed, bytes.length);
    this.#ownUsed += (bytes.length + 3) & ~3;
  }

  /** Adds memory at an address; the kernel reads it, this program never does. */
  addForeign(pointer: number, bytes: number): void {
    this.#addPiece(pointer, bytes);
  }

  /** Ends a datagram; with `segmentBytes` the kernel cuts it into datagrams of that size. */
  end(segmentBytes = 0): void {
    const header = this.#datagrams * MMSGHDR_BYTES;
    const hasControl = segmentBytes > 0;
    this.#headerView.setUint32(header + MSGHDR.controlBytes, hasControl ? CONTROL_BYTES : 0, true);
    if (hasControl) {
      this.#controlView.setUint16(this.#datagrams * CONTROL_BYTES + 16, segmentBytes, true);
    }
    this.#datagrams++;
  }

  /** Sends what was collected, and starts anew. One that cannot be sent does not hold up the rest. */
  flush(fd: number): Flushed {
    const total = this.#datagrams;
    let failed: Map<number, number> | undefined;
    for (let done = 0; done < total;) {
      const sent = libc().sendmmsg(
        fd,
        this.#headers.subarray(done * MMSGHDR_BYTES),
        total - done,
        0,
      );
      if (sent > 0) {
        done += sent;
        continue;
      }
      const errno = lastErrno();
      if (errno === ERRNO.EAGAIN && this.#waitWritable(fd)) continue;
      failed ??= new Map();
      failed.set(done++, errno);
    }
    this.#datagrams = 0;
    this.#pieces = 0;
    this.#ownUsed = 0;
    return failed ? { failed } : NONE_FAILED;
  }

  close(): void {
    IN_USE.delete(this);
  }

  #addPiece(pointer: number, bytes: number): void {
    const at = this.#pieces * IOVEC_BYTES;
    putPointer(this.#iovView, at, pointer);
    this.#iovView.setUint32(at + 8, bytes, true);
    this.#pieces++;
    const header = this.#datagrams * MMSGHDR_BYTES + MSGHDR.iovs;
    this.#headerView.setUint32(header, this.#headerView.getUint32(header, true) + 1, true);
  }

  #waitWritable(fd: number): boolean {
    const view = new DataView(this.#pollfd.buffer);
    view.setInt32(0, fd, true);
    view.setInt16(4, POLLOUT, true);
    return libc().poll(this.#pollfd, 1n, SEND_WAIT_MS) > 0;
  }

  /** Everything in the headers that never changes. */
  #prepare(namesPointer: number, controlsPointer: number): void {
    for (let i = 0; i < this.#maxDatagrams; i++) {
      this.#nameView.setUint16(i * SOCKADDR_IN_BYTES, AF_INET, true);
      const header = i * MMSGHDR_BYTES;
      putPointer(this.#headerView, header + MSGHDR.name, namesPointer + i * SOCKADDR_IN_BYTES);
      this.#headerView.setUint32(header + MSGHDR.nameBytes, SOCKADDR_IN_BYTES, true);
      putPointer(this.#headerView, header + MSGHDR.control, controlsPointer + i * CONTROL_BYTES);
      this.#controlView.setUint32(i * CONTROL_BYTES, CONTROL_BYTES_USED, true);
      this.#controlView.setInt32(i * CONTROL_BYTES + 8, SOL_UDP, true);
      this.#controlView.setInt32(i * CONTROL_BYTES + 12, UDP_SEGMENT, true);
    }
  }
}

/** A TFTP request, and so any answer but data, has at most 512 bytes. */
const OWN_BYTES_MAX = 516;

/** Where a buffer is. User space ends below 2^47, so a number holds it. */
export function pointerOf(bytes: Uint8Array<ArrayBuffer>): number {
  return Number(Deno.UnsafePointer.value(Deno.UnsafePointer.of(bytes)));
}

/** Writes an address, or a length as wide as one. */
export function putPointer(view: DataView, at: number, value: number): void {
  view.setUint32(at, value % TWO_32, true);
  view.setUint32(at + 4, Math.floor(value / TWO_32), true);
}

function openLibcOnce<S extends Deno.ForeignLibraryInterface>(symbols: S) {
  let opened: Deno.DynamicLibrary<S>["symbols"] | undefined;
  return () => opened ??= openLibc(symbols);
}
