/** Appends fields to a growing buffer; `u16`/`u32` are big-endian, the `LE` forms little-endian. */
export class ByteWriter {
  #bytes = new Uint8Array(64);
  #length = 0;

  bytes(value: Uint8Array): this {
    this.#reserve(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
    return this;
  }

  u8(value: number): this {
    return this.#put(1, value);
  }

  u16(value: number): this {
    return this.#put(2, value >>> 8, value);
  }

  u32(value: number): this {
    return this.#put(4, value >>> 24, value >>> 16, value >>> 8, value);
  }

  u16LE(value: number): this {
    return this.#put(2, value, value >>> 8);
  }

  u32LE(value: number): this {
    return this.#put(4, value, value >>> 8, value >>> 16, value >>> 24);
  }

  /** A copy of what was written so far. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  /** Stores the low bytes of up to four numbers, without an array for them. */
  #put(count: number, first: number, second = 0, third = 0, fourth = 0): this {
    this.#reserve(count);
    const at = this.#length;
    this.#bytes[at] = first;
    if (count > 1) this.#bytes[at + 1] = second;
    if (count > 2) {
      this.#bytes[at + 2] = third;
      this.#bytes[at + 3] = fourth;
    }
    this.#length += count;
    return this;
  }

  #reserve(extra: number): void {
    if (this.#length + extra <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + extra));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}
