/** How an address stands: never given so far, given before, or spoken for. */
export type AddressUse = "unused" | "idle" | "busy";

/** Compacting the queue less often than this would cost more memory than it saves time. */
const QUEUE_SLACK = 1_024;

/**
 * The next free address of some ranges, in amortised constant time.
 *
 * Never used addresses come first, in order, so that machines keep theirs for long; then the one
 * that has been idle longest. The pool only remembers where to look: `useOf` says what is free.
 */
export class AddressPool {
  readonly #ranges: readonly { first: number; last: number }[];
  readonly #useOf: (address: number) => AddressUse;
  #rangeIndex = 0;
  #cursor: number;
  #idle: number[] = [];
  #idleHead = 0;
  readonly #queued = new Set<number>();

  constructor(
    ranges: readonly { first: number; last: number }[],
    useOf: (address: number) => AddressUse,
  ) {
    this.#ranges = ranges;
    this.#useOf = useOf;
    this.#cursor = ranges[0]?.first ?? 0;
  }

  /** The address to give next, without taking it; undefined when all are busy. */
  peek(): number | undefined {
    return this.#peekUnused() ?? this.#peekIdle();
  }

  /** Says that an address of the ranges is free again. Harmless to repeat. */
  giveBack(address: number): void {
    if (this.#queued.has(address)) return;
    if (!this.#ranges.some(({ first, last }) => address >= first && address <= last)) return;
    this.#queued.add(address);
    this.#idle.push(address);
  }

  #peekUnused(): number | undefined {
    for (;;) {
      const range = this.#ranges[this.#rangeIndex];
      if (!range) return undefined;
      if (this.#cursor > range.last) {
        this.#rangeIndex += 1;
        this.#cursor = this.#ranges[this.#rangeIndex]?.first ?? 0;
        continue;
      }
      const use = this.#useOf(this.#cursor);
      if (use === "unused") return this.#cursor;
      if (use === "idle") this.giveBack(this.#cursor);
      this.#cursor += 1;
    }
  }

  #peekIdle(): number | undefined {
    for (; this.#idleHead < this.#idle.length; this.#idleHead += 1) {
      const address = this.#idle[this.#idleHead] ?? 0;
      if (this.#useOf(address) !== "busy") return address;
      this.#queued.delete(address); // it comes back through giveBack()
      this.#compact();
    }
    return undefined;
  }

  #compact(): void {
    if (this.#idleHead < QUEUE_SLACK || this.#idleHead * 2 < this.#idle.length) return;
    this.#idle = this.#idle.slice(this.#idleHead);
    this.#idleHead = 0;
  }
}
