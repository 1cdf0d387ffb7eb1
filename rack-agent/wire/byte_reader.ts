/** A datagram that does not follow its protocol. The service counts it and drops it. */
export class DecodeError extends Error {
  override readonly name = "DecodeError";
  constructor(readonly offset: number, message: string) {
    super(`${message} at byte ${offset}`);
  }
}

/**
 * Reads fields front to back and never past the end: every read that would is a DecodeError.
 *
 * `u16`/`u32` are big-endian ("network order"); IPMI's little-endian fields use the `LE` forms.
 */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get offset(): number {
    return this.#offset;
  }

  get remainingBytes(): number {
    return this.#bytes.length - this.#offset;
  }

  /** The next `length` bytes, as a view on the input: copy it to keep it. */
  take(length: number): Uint8Array {
    if (length > this.remainingBytes) {
      throw new DecodeError(
        this.#offset,
        `${length} bytes expected, ${this.remainingBytes} left`,
      );
    }
    const start = this.#offset;
    this.#offset += length;
    return this.#bytes.subarray(start, this.#offset);
  }

  u8(): number {
    return this.#next(1);
  }

  u16(): number {
    return this.#next(2);
  }

  u32(): number {
    return this.#next(4);
  }

  u16LE(): number {
    return this.take(2).reduceRight((value, byte) => value * 256 + byte, 0);
  }

  u32LE(): number {
    return this.take(4).reduceRight((value, byte) => value * 256 + byte, 0);
  }

  rest(): Uint8Array {
    return this.take(this.remainingBytes);
  }

  /** Big-endian, without a view: packets are read by the ten thousand a second. */
  #next(length: number): number {
    if (length > this.remainingBytes) this.take(length); // throws, and says where
    let value = 0;
    for (let i = 0; i < length; i++) value = value * 256 + (this.#bytes[this.#offset + i] ?? 0);
    this.#offset += length;
    return value;
  }
}
