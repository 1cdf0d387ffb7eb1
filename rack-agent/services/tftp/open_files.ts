import { FixedMemory } from "@/rack-agent/runtime/libc_map.ts";

/** A file that transfers read; give it back with `release`. */
export interface OpenFile {
  readonly memory: FixedMemory;
  readonly release: () => void;
}

/** Files that nobody reads any more stay mapped up to this many: a rack asks for the same few. */
const IDLE_MAX = 16;

/** Mapped files by path, each mapped once however many read it. A path's content never changes. */
export class OpenFiles {
  readonly #byPath = new Map<string, { memory: FixedMemory; readers: number }>();

  /** Throws what `FixedMemory.map` throws. */
  open(path: string): OpenFile {
    const entry = this.#byPath.get(path) ?? { memory: FixedMemory.map(path), readers: 0 };
    entry.readers++;
    this.#byPath.delete(path);
    this.#byPath.set(path, entry); // the last used is the last to go
    return {
      memory: entry.memory,
      release: () => {
        entry.readers--;
        this.#trim();
      },
    };
  }

  /** Bytes made for one transfer. */
  openBytes(bytes: Uint8Array): OpenFile {
    const memory = FixedMemory.copyOf(bytes);
    return { memory, release: () => memory.close() };
  }

  close(): void {
    for (const { memory } of this.#byPath.values()) memory.close();
    this.#byPath.clear();
  }

  #trim(): void {
    const idle = [...this.#byPath].filter(([, { readers }]) => readers === 0);
    for (const [path, { memory }] of idle.slice(0, Math.max(0, idle.length - IDLE_MAX))) {
      memory.close();
      this.#byPath.delete(path);
    }
  }
}
