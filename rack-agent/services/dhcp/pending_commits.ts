import { formatLeaseChange, type LeaseChange } from "@/rack-agent/protocol/dhcp/lease.ts";
import { formatLine } from "@/rack-agent/runtime/lease_files.ts";
import type { LeaseRing } from "@/rack-agent/runtime/lease_ring.ts";

/** More than one line of a lease takes. */
const LINE_BYTES_MAX = 1_024;

/** Replies that wait for their lease to be on disk, in the order in which they will be. */
export class PendingCommits<T> {
  readonly #ring: LeaseRing;
  #waiting: { readonly position: number; readonly item: T }[] = [];
  #first = 0;

  constructor(ring: LeaseRing) {
    this.#ring = ring;
  }

  /** Whether so many changes can be taken; if not, requests are better left in the kernel. */
  hasRoomFor(changes: number): boolean {
    return this.#ring.hasRoomFor(changes * LINE_BYTES_MAX);
  }

  get size(): number {
    return this.#waiting.length - this.#first;
  }

  /** `item` comes out of `takeStored` once the change is on disk, or of `takeLost`. */
  add(change: LeaseChange, item: T): void {
    const position = this.#ring.write(formatLine(formatLeaseChange(change)));
    this.#waiting.push({ position, item });
  }

  /** Lets the disk begin. */
  publish(): void {
    this.#ring.publish();
  }

  /** Hands over what is on disk by now. */
  takeStored(each: (item: T) => void): void {
    const { committed } = this.#ring;
    for (; this.#first < this.#waiting.length; this.#first += 1) {
      const next = this.#waiting[this.#first];
      if (!next || ((committed - next.position) | 0) < 0) break;
      each(next.item);
    }
    this.#dropTaken();
  }

  /** What could not be stored and never will be; then storing starts anew. */
  takeLost(): T[] {
    if (!this.#ring.isBroken) return [];
    const lost = this.#waiting.slice(this.#first).map(({ item }) => item);
    this.#waiting = [];
    this.#first = 0;
    this.#ring.reset();
    return lost;
  }

  #dropTaken(): void {
    if (this.#first === this.#waiting.length) {
      this.#waiting = [];
      this.#first = 0;
    } else if (this.#first > 4_096) {
      this.#waiting = this.#waiting.slice(this.#first);
      this.#first = 0;
    }
  }
}
