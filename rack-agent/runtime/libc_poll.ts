import { failedCall, fixedBuffer, lastErrno, libc } from "./libc.ts";

const POLLIN = 1;
const POLLFD_BYTES = 8; // struct pollfd: i32 fd, i16 events, i16 revents
const EFD_CLOEXEC = 0o2000000;
const EFD_NONBLOCK = 0o4000;

/**
 * Waits for sockets to become readable without blocking the event loop.
 *
 * Each waiting call takes one of the runtime's 32 threads, so a service has one poller for all
 * its sockets.
 */
export class Poller {
  /**
   * Pollers now waiting. The kernel writes to their buffers from another thread, and the pending
   * call itself keeps nothing alive.
   */
  static readonly #waiting = new Set<Poller>();

  readonly #wakeFd: number;
  readonly #eight = fixedBuffer(8); // an eventfd is read and written eight bytes at a time
  #entries: Uint8Array<ArrayBuffer> = fixedBuffer(0);
  #isOpen = true;

  constructor() {
    this.#wakeFd = libc().eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (this.#wakeFd < 0) throw failedCall("eventfd()", lastErrno());
  }

  /**
   * Resolves with those of `fds` that have something to read (or an error to fetch): none after
   * `timeoutMs` or `wake()`. One wait at a time; the descriptors must stay open meanwhile.
   */
  async wait(fds: readonly number[], timeoutMs: number): Promise<number[]> {
    if (Poller.#waiting.has(this)) throw new Error("this poller is already waiting");
    const watched = [this.#wakeFd, ...fds];
    const entries = this.#entriesFor(watched);
    Poller.#waiting.add(this);
    try {
      // -1 means interrupted (the error number is another thread's): the caller comes back.
      const { poll } = libc();
      if (await poll(this.#entries, BigInt(watched.length), Math.ceil(timeoutMs)) <= 0) return [];
    } finally {
      Poller.#waiting.delete(this);
    }
    const isReady = (i: number) => entries.getInt16(i * POLLFD_BYTES + 6, true) !== 0;
    if (isReady(0)) libc().read(this.#wakeFd, this.#eight, 8n);
    return fds.filter((_, i) => isReady(i + 1));
  }

  /** Ends the wait in progress, or the next one at once. */
  wake(): void {
    if (!this.#isOpen) return;
    new DataView(this.#eight.buffer).setBigUint64(0, 1n, true);
    libc().write(this.#wakeFd, this.#eight, 8n);
  }

  /** Call when no wait is in progress. Safe to call twice. */
  close(): void {
    if (this.#isOpen) libc().close(this.#wakeFd);
    this.#isOpen = false;
  }

  #entriesFor(fds: readonly number[]): DataView {
    const bytes = fds.length * POLLFD_BYTES;
    if (this.#entries.length < bytes) this.#entries = fixedBuffer(bytes * 2);
    const view = new DataView(this.#entries.buffer);
    fds.forEach((fd, i) => {
      view.setInt32(i * POLLFD_BYTES, fd, true);
      view.setInt16(i * POLLFD_BYTES + 4, POLLIN, true);
      view.setInt16(i * POLLFD_BYTES + 6, 0, true);
    });
    return view;
  }
}
