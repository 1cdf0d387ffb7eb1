/**
 * Lines on their way from the thread that answers machines to the one that writes them to disk.
 *
 * Both see the same memory; each waits for the other without a message. Positions count bytes and
 * wrap at 2^32, so they are compared by their difference.
 */
export class LeaseRing {
  readonly #control: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #mask: number;
  /** Written but not yet published. */
  #head: number;

  /** Of the memory that `makeLeaseRing` made, on either thread. */
  constructor(readonly shared: SharedArrayBuffer) {
    this.#control = new Int32Array(shared, 0, CONTROL_WORDS);
    this.#bytes = new Uint8Array(shared, CONTROL_WORDS * 4);
    this.#mask = this.#bytes.length - 1;
    this.#head = Atomics.load(this.#control, HEAD);
  }

  /** The position up to which lines are on disk. */
  get committed(): number {
    return Atomics.load(this.#control, COMMITTED);
  }

  /** The position up to which lines were written. */
  get written(): number {
    return this.#head;
  }

  /** Bytes written and not yet on disk. */
  get waitingBytes(): number {
    return (this.#head - this.committed) | 0;
  }

  hasRoomFor(bytes: number): boolean {
    return this.waitingBytes + bytes <= this.#bytes.length;
  }

  /** Adds a line of Latin-1 text; it is on disk when `committed` has reached what is returned. */
  write(line: string): number {
    for (let i = 0; i < line.length; i++) {
      this.#bytes[(this.#head + i) & this.#mask] = line.charCodeAt(i);
    }
    this.#head = (this.#head + line.length) | 0;
    return this.#head;
  }

  /** Lets the other thread see what was written. */
  publish(): void {
    if (Atomics.load(this.#control, HEAD) === this.#head) return;
    Atomics.store(this.#control, HEAD, this.#head);
    Atomics.notify(this.#control, HEAD);
  }

  /** True once a line could not be stored; nothing is, until `reset`. */
  get isBroken(): boolean {
    return Atomics.load(this.#control, BROKEN) === 1;
  }

  /** Forgets every line that is not on disk, and lets the other thread try again. */
  reset(): void {
    this.#head = this.committed;
    Atomics.store(this.#control, HEAD, this.#head);
    Atomics.store(this.#control, BROKEN, 0);
    Atomics.notify(this.#control, BROKEN);
  }

  /** The last call of the writing side: what was published is still stored. */
  end(): void {
    this.publish();
    this.abandon();
  }

  /** Says for a writing side that is no more that nothing will come: from any thread. */
  abandon(): void {
    Atomics.store(this.#control, ENDED, 1);
    Atomics.notify(this.#control, HEAD);
    Atomics.notify(this.#control, BROKEN);
  }

  /** Waits until there is a file to store lines in. Throws what the storing side found instead. */
  waitForStore(timeoutMs: number): void {
    Atomics.wait(this.#control, STORE, NO_STORE, timeoutMs);
    const state = Atomics.load(this.#control, STORE);
    if (state === STORE_OPEN) return;
    if (state === NO_STORE) throw new Error(`leases have no file after ${timeoutMs} ms`);
    throw new Error(new TextDecoder().decode(this.#bytes.slice(0, state - STORE_REFUSED)));
  }

  /** Waits until the storing side has no more to do; after that it touches nothing. */
  waitForStoreEnd(timeoutMs: number): void {
    Atomics.wait(this.#control, STORE, STORE_OPEN, timeoutMs);
  }

  /** Storing side: it has a file. */
  openStore(): void {
    this.#setStore(STORE_OPEN);
  }

  /** Storing side: it has no file, and why; there are no lines yet, so their memory holds it. */
  refuseStore(reason: string): void {
    const { written } = new TextEncoder().encodeInto(reason, this.#bytes);
    this.#setStore(STORE_REFUSED + written);
  }

  /** Storing side: it is done. */
  closeStore(): void {
    this.#setStore(STORE_CLOSED);
  }

  #setStore(state: number): void {
    Atomics.store(this.#control, STORE, state);
    Atomics.notify(this.#control, STORE);
  }

  /** Storing side: waits for lines past `tail`; undefined when there are none and never will be. */
  next(tail: number): Uint8Array<ArrayBuffer> | undefined {
    for (;;) {
      const head = Atomics.load(this.#control, HEAD);
      if (head !== tail) return this.#copy(tail, head);
      if (Atomics.load(this.#control, ENDED) === 1) return undefined;
      Atomics.wait(this.#control, HEAD, tail, WAIT_MS);
    }
  }

  /** Storing side: everything up to here is on disk. */
  commit(position: number): void {
    Atomics.store(this.#control, COMMITTED, position);
  }

  /** Storing side: says that lines could not be stored, and waits until the other side knows. */
  fail(): void {
    Atomics.store(this.#control, BROKEN, 1);
  }

  /** Storing side, after `fail`. False: the other side has ended. */
  waitForReset(): boolean {
    while (this.isBroken) {
      if (Atomics.load(this.#control, ENDED) === 1) return false;
      Atomics.wait(this.#control, BROKEN, 1, WAIT_MS);
    }
    return true;
  }

  #copy(tail: number, head: number): Uint8Array<ArrayBuffer> {
    const length = (head - tail) | 0;
    const out = new Uint8Array(length);
    const from = tail & this.#mask;
    const first = Math.min(length, this.#bytes.length - from);
    out.set(this.#bytes.subarray(from, from + first));
    out.set(this.#bytes.subarray(0, length - first), first);
    return out;
  }
}

const CONTROL_WORDS = 16;
const HEAD = 0;
const COMMITTED = 1;
const BROKEN = 2;
const ENDED = 3;
const STORE = 4;
// What the word of the store says; past `STORE_REFUSED` is the length of why.
const NO_STORE = 0;
const STORE_OPEN = 1;
const STORE_CLOSED = 2;
const STORE_REFUSED = 3;
/** Nobody is waited for longer without looking again. */
const WAIT_MS = 1_000;
/** A lease is about 150 bytes: room for those of a whole site that comes back at once. */
const RING_BYTES = 8 * 1024 * 1024; // a power of two

/** Memory for a `LeaseRing`. */
export function makeLeaseRing(ringBytes = RING_BYTES): SharedArrayBuffer {
  return new SharedArrayBuffer(CONTROL_WORDS * 4 + ringBytes);
}
