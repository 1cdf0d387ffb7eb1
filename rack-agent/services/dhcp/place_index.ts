const NONE = -1;

/**
 * Places of a table by a number that stands in them; several places may have the same.
 *
 * A Map would take ten times the memory for a large site's leases.
 */
export class PlaceIndex {
  readonly #keyAt: (place: number) => number;
  /** By hash, the first place; a power of two of them. */
  #first = new Int32Array(64).fill(NONE);
  /** By place, the next one of the same hash. */
  #next = new Int32Array(64);
  #size = 0;

  constructor(keyAt: (place: number) => number) {
    this.#keyAt = keyAt;
  }

  /** Enters a place under what now stands in it. */
  add(place: number): void {
    if (place >= this.#next.length) {
      const next = new Int32Array(Math.max(2 * this.#next.length, place + 1));
      next.set(this.#next);
      this.#next = next;
    }
    if (this.#size >= this.#first.length) this.#spread();
    this.#size += 1;
    this.#link(place);
  }

  /** Takes a place out, while that still stands in it. */
  remove(place: number): void {
    const hash = this.#hashOf(this.#keyAt(place));
    let before = NONE;
    for (let at = this.#first[hash] ?? NONE; at !== NONE; at = this.#next[at] ?? NONE) {
      if (at === place) {
        const next = this.#next[place] ?? NONE;
        if (before === NONE) this.#first[hash] = next;
        else this.#next[before] = next;
        this.#size -= 1;
        return;
      }
      before = at;
    }
  }

  /** The places in which `key` stands. */
  of(key: number): number[] {
    const places: number[] = [];
    const first = this.#first[this.#hashOf(key)] ?? NONE;
    for (let at = first; at !== NONE; at = this.#next[at] ?? NONE) {
      if (this.#keyAt(at) === key) places.push(at);
    }
    return places;
  }

  /** Doubles the room, so that few places share a hash. */
  #spread(): void {
    const places: number[] = [];
    for (const first of this.#first) {
      for (let at = first; at !== NONE; at = this.#next[at] ?? NONE) places.push(at);
    }
    this.#first = new Int32Array(2 * this.#first.length).fill(NONE);
    for (const place of places) this.#link(place);
  }

  #link(place: number): void {
    const hash = this.#hashOf(this.#keyAt(place));
    this.#next[place] = this.#first[hash] ?? NONE;
    this.#first[hash] = place;
  }

  /** Addresses come in rows: the multiplier spreads them (Knuth, vol. 3, §6.4). */
  #hashOf(key: number): number {
    const folded = (key % 0x1_0000_0000) ^ Math.floor(key / 0x1_0000_0000);
    const shift = Math.clz32(this.#first.length) + 1;
    return Math.imul(folded, 0x9e3779b1) >>> shift;
  }
}
