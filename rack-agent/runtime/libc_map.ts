import { failedCall, fixedBuffer, lastErrno, openLibc } from "./libc.ts";
import { pointerOf } from "./libc_batch.ts";

const SYMBOLS = {
  open: { parameters: ["buffer", "i32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  mmap: { parameters: ["pointer", "usize", "i32", "i32", "i32", "i64"], result: "pointer" },
  munmap: { parameters: ["pointer", "usize"], result: "i32" },
  madvise: { parameters: ["pointer", "usize", "i32"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;
let opened: Deno.DynamicLibrary<typeof SYMBOLS>["symbols"] | undefined;
const libc = () => opened ??= openLibc(SYMBOLS);

// Linux, the same on x86-64 and aarch64 (asm-generic/mman-common.h, asm-generic/fcntl.h).
const O_RDONLY = 0;
const O_CLOEXEC = 0o2000000;
const PROT_READ = 1;
const MAP_SHARED = 1;
const MADV_WILLNEED = 3;
const MAP_FAILED = 0xffff_ffff_ffff_ffffn;

/** Bytes that stay where they are, for the kernel to read: a mapped file, or a copy of a few. */
export class FixedMemory {
  /** Keeps copies from the garbage collector: only their addresses are handed on. */
  static readonly #copies = new Set<FixedMemory>();

  readonly pointer: number;
  readonly bytes: number;
  readonly #mapping: Deno.PointerObject | undefined;
  readonly #copy: Uint8Array<ArrayBuffer> | undefined;
  #isOpen = true;

  private constructor(
    source: { mapping?: Deno.PointerObject; copy?: Uint8Array<ArrayBuffer>; bytes: number },
  ) {
    this.bytes = source.bytes;
    this.#mapping = source.mapping;
    this.#copy = source.copy;
    this.pointer = source.mapping
      ? Number(Deno.UnsafePointer.value(source.mapping))
      : source.copy
      ? pointerOf(source.copy)
      : 0;
    if (this.#copy) FixedMemory.#copies.add(this);
  }

  static copyOf(bytes: Uint8Array): FixedMemory {
    const copy = fixedBuffer(Math.max(bytes.length, 1));
    copy.set(bytes);
    return new FixedMemory({ copy, bytes: bytes.length });
  }

  /**
   * Maps a file that nobody changes. Throws DomainError `unavailable`, or Deno's own error when it
   * is not there.
   */
  static map(path: string): FixedMemory {
    const { size: bytes } = Deno.statSync(path);
    if (bytes === 0) return new FixedMemory({ bytes });
    const name = new TextEncoder().encode(`${path}\0`);
    const fd = libc().open(name, O_RDONLY | O_CLOEXEC);
    if (fd < 0) throw failedCall(`open ${path}`, lastErrno());
    const mapping = libc().mmap(null, BigInt(bytes), PROT_READ, MAP_SHARED, fd, 0n);
    const errno = lastErrno();
    libc().close(fd); // the mapping holds the file
    if (mapping === null || BigInt.asUintN(64, Deno.UnsafePointer.value(mapping)) === MAP_FAILED) {
      throw failedCall(`mmap ${path}`, errno);
    }
    libc().madvise(mapping, BigInt(bytes), MADV_WILLNEED); // read ahead; failing costs nothing
    return new FixedMemory({ mapping, bytes });
  }

  /** A copy of the first bytes, for what has to be seen by this program. */
  read(maxBytes: number): Uint8Array<ArrayBuffer> {
    const wanted = Math.min(maxBytes, this.bytes);
    if (this.#copy) return this.#copy.slice(0, wanted);
    if (!this.#mapping) return new Uint8Array();
    return new Uint8Array(Deno.UnsafePointerView.getArrayBuffer(this.#mapping, wanted).slice(0));
  }

  /** Nothing may use the address afterwards. Safe to call twice. */
  close(): void {
    if (this.#isOpen && this.#mapping) libc().munmap(this.#mapping, BigInt(this.bytes));
    FixedMemory.#copies.delete(this);
    this.#isOpen = false;
  }
}
