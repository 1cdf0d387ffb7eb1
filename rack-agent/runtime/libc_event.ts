import { failedCall, fixedBuffer, lastErrno, libc } from "./libc.ts";

const EFD_CLOEXEC = 0o2000000;
const EFD_NONBLOCK = 0o4000;
const COUNTER_BYTES = 8;

/**
 * A counter that a waiting `poll` notices: how one thread wakes another that is inside the kernel.
 *
 * The descriptor is the whole process's, so another Worker may use it by its number.
 */
export class EventCounter {
  readonly fd: number;
  readonly #counter = fixedBuffer(COUNTER_BYTES);
  readonly #view = new DataView(this.#counter.buffer);
  #isOpen = true;

  /** Without a descriptor it makes one; throws DomainError `unavailable`. */
  constructor(fd?: number) {
    this.fd = fd ?? libc().eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (this.fd < 0) throw failedCall("eventfd()", lastErrno());
  }

  add(): void {
    if (!this.#isOpen) return;
    this.#view.setBigUint64(0, 1n, true);
    libc().write(this.fd, this.#counter, BigInt(COUNTER_BYTES));
  }

  /** What was added since the last call. */
  take(): number {
    const read = Number(libc().read(this.fd, this.#counter, BigInt(COUNTER_BYTES)));
    return read === COUNTER_BYTES ? Number(this.#view.getBigUint64(0, true)) : 0;
  }

  /** By the one that made it, when nobody uses it any more. Safe to call twice. */
  close(): void {
    if (this.#isOpen) libc().close(this.fd);
    this.#isOpen = false;
  }
}
