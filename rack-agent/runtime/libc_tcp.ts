import { cString, ERRNO, failedCall, fixedBuffer, intBytes, lastErrno, openLibc } from "./libc.ts";
import {
  AF_INET,
  SO_REUSEADDR,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOCKADDR_IN_BYTES,
  SOL_SOCKET,
} from "./libc_numbers.ts";

const SYMBOLS = {
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  bind: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  listen: { parameters: ["i32", "i32"], result: "i32" },
  setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
  accept4: { parameters: ["i32", "buffer", "buffer", "i32"], result: "i32" },
  recv: { parameters: ["i32", "buffer", "usize", "i32"], result: "isize" },
  send: { parameters: ["i32", "buffer", "usize", "i32"], result: "isize" },
  sendfile: { parameters: ["i32", "i32", "buffer", "usize"], result: "isize" },
  open: { parameters: ["buffer", "i32"], result: "i32" },
  posix_fadvise: { parameters: ["i32", "i64", "i64", "i32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  epoll_create1: { parameters: ["i32"], result: "i32" },
  epoll_ctl: { parameters: ["i32", "i32", "i32", "buffer"], result: "i32" },
  epoll_wait: { parameters: ["i32", "buffer", "i32", "i32"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;
let opened: Deno.DynamicLibrary<typeof SYMBOLS>["symbols"] | undefined;
const libc = () => opened ??= openLibc(SYMBOLS);

// Linux, the same on x86-64 and aarch64 but for the layout of epoll_event.
const IPPROTO_TCP = 6;
const TCP_NODELAY = 1;
const MSG_NOSIGNAL = 0x4000;
const MSG_MORE = 0x8000;
const BACKLOG = 1_024;
const O_RDONLY = 0;
const O_CLOEXEC = 0o2000000;
const FADV_SEQUENTIAL = 2;
const EPOLL_CLOEXEC = 0o2000000;
const EPOLL_CTL_ADD = 1;
const EPOLLIN = 1;
const EPOLLOUT = 4;
const EPOLLRDHUP = 0x2000;
const EPOLLET = 0x8000_0000;
/** struct epoll_event { u32 events; u64 data }, packed on x86-64 alone (linux/eventpoll.h). */
const [EVENT_BYTES, EVENT_DATA_AT] = Deno.build.arch === "x86_64" ? [12, 4] : [16, 8];

/** A TCP port that connections are taken from. Everything here is non-blocking. */
export class TcpListener {
  readonly fd: number;
  readonly #peer = fixedBuffer(SOCKADDR_IN_BYTES);
  readonly #peerView = new DataView(this.#peer.buffer);
  readonly #peerBytes = fixedBuffer(4);

  /** On all IPv4 addresses of the host. Throws DomainError `unavailable`. */
  constructor(port: number) {
    this.fd = libc().socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (this.fd < 0) throw failedCall("socket()", lastErrno());
    const one = intBytes(1);
    libc().setsockopt(this.fd, SOL_SOCKET, SO_REUSEADDR, one, one.length);
    const name = fixedBuffer(SOCKADDR_IN_BYTES);
    const view = new DataView(name.buffer);
    view.setUint16(0, AF_INET, true);
    view.setUint16(2, port, false);
    if (
      libc().bind(this.fd, name, SOCKADDR_IN_BYTES) < 0 || libc().listen(this.fd, BACKLOG) < 0
    ) {
      const errno = lastErrno();
      libc().close(this.fd);
      throw failedCall(`listen on port ${port}`, errno);
    }
  }

  /** The next connection with its client's IPv4 address as a number; undefined when none waits. */
  accept(): { readonly fd: number; readonly address: number } | undefined {
    new DataView(this.#peerBytes.buffer).setUint32(0, SOCKADDR_IN_BYTES, true);
    const fd = libc().accept4(this.fd, this.#peer, this.#peerBytes, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return undefined;
    const one = intBytes(1);
    libc().setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, one, one.length);
    return { fd, address: this.#peerView.getUint32(4, false) };
  }
}

/** What a non-blocking call moved: bytes, 0 at the end, or why nothing. */
export type Moved = number | "again" | "broken";

/** Reads into a buffer; 0: the other side has closed. */
export function receive(fd: number, into: Uint8Array<ArrayBuffer>): Moved {
  return moved(libc().recv(fd, into, BigInt(into.length), 0));
}

/** Sends bytes; with `isMoreComing` the kernel waits for what fills the packet. */
export function sendBytes(
  fd: number,
  bytes: Uint8Array<ArrayBuffer>,
  isMoreComing: boolean,
): Moved {
  const flags = MSG_NOSIGNAL | (isMoreComing ? MSG_MORE : 0);
  return moved(libc().send(fd, bytes, BigInt(bytes.length), flags));
}

const sendOffset = new BigInt64Array(fixedBuffer(8).buffer);

/** Sends a part of a file without its bytes passing through this program; 0: the file is shorter. */
export function sendFile(fd: number, file: number, offset: number, maxBytes: number): Moved {
  sendOffset[0] = BigInt(offset);
  return moved(libc().sendfile(fd, file, sendOffset, BigInt(maxBytes)));
}

function moved(result: number | bigint): Moved {
  if (result >= 0) return Number(result);
  return lastErrno() === ERRNO.EAGAIN ? "again" : "broken";
}

/** Opens a file for `sendFile`; undefined when it cannot be. */
export function openFile(path: string): number | undefined {
  const fd = libc().open(cString(path), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return undefined;
  libc().posix_fadvise(fd, 0n, 0n, FADV_SEQUENTIAL); // reads ahead twice as far
  return fd;
}

export function closeFd(fd: number): void {
  libc().close(fd);
}

/** Says which of many descriptors can be read or written since they were last exhausted. */
export class EdgePoller {
  readonly #fd: number;
  readonly #event = fixedBuffer(EVENT_BYTES);
  readonly #events: Uint8Array<ArrayBuffer>;
  readonly #view: DataView;
  readonly #max: number;

  constructor(maxEvents: number) {
    this.#fd = libc().epoll_create1(EPOLL_CLOEXEC);
    if (this.#fd < 0) throw failedCall("epoll_create1()", lastErrno());
    this.#max = maxEvents;
    this.#events = fixedBuffer(maxEvents * EVENT_BYTES);
    this.#view = new DataView(this.#events.buffer);
  }

  /** Until it is closed. `isEdge` false: it is told of as long as it can be read. */
  add(fd: number, isEdge = true): void {
    const view = new DataView(this.#event.buffer);
    const events = isEdge ? EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET : EPOLLIN;
    view.setUint32(0, events >>> 0, true);
    view.setUint32(EVENT_DATA_AT, fd, true);
    libc().epoll_ctl(this.#fd, EPOLL_CTL_ADD, fd, this.#event);
  }

  /** Stops this thread until something can be done; calls `onReady` for each such descriptor. */
  wait(timeoutMs: number, onReady: (fd: number) => void): void {
    const count = libc().epoll_wait(this.#fd, this.#events, this.#max, Math.ceil(timeoutMs));
    for (let i = 0; i < count; i++) {
      onReady(this.#view.getUint32(i * EVENT_BYTES + EVENT_DATA_AT, true));
    }
  }

  close(): void {
    libc().close(this.#fd);
  }
}
