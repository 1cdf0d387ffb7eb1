import { fixedBuffer, openLibc } from "./libc.ts";

const SYMBOLS = {
  poll: { parameters: ["buffer", "u64", "i32"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;
let opened: Deno.DynamicLibrary<typeof SYMBOLS>["symbols"] | undefined;

const POLLIN = 1;
const POLLFD_BYTES = 8;

/**
 * Waits for descriptors and stops this thread meanwhile: for Workers whose only work is a socket.
 *
 * No message reaches a Worker that waits here, so one of the descriptors should be an eventfd.
 */
export class BlockingPoller {
  #count = 0n;
  #entries = fixedBuffer(0);
  #view = new DataView(this.#entries.buffer);

  /** Watches these from now on. */
  watch(fds: readonly number[]): void {
    this.#count = BigInt(fds.length);
    this.#entries = fixedBuffer(fds.length * POLLFD_BYTES);
    this.#view = new DataView(this.#entries.buffer);
    fds.forEach((fd, i) => {
      this.#view.setInt32(i * POLLFD_BYTES, fd, true);
      this.#view.setInt16(i * POLLFD_BYTES + 4, POLLIN, true);
    });
  }

  /** How many are ready; 0 after `timeoutMs` (0: look only). */
  wait(timeoutMs: number): number {
    opened ??= openLibc(SYMBOLS);
    return opened.poll(this.#entries, this.#count, Math.ceil(timeoutMs));
  }

  /** Whether the descriptor at this place of `watch` was ready in the last wait. */
  isReady(place: number): boolean {
    return this.#view.getInt16(place * POLLFD_BYTES + 6, true) !== 0;
  }
}
