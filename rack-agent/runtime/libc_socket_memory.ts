import { fixedBuffer, openLibc } from "./libc.ts";
import { SOL_SOCKET } from "./libc_numbers.ts";

const SYMBOLS = {
  getsockopt: { parameters: ["i32", "i32", "i32", "buffer", "buffer"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;
let opened: Deno.DynamicLibrary<typeof SYMBOLS>["symbols"] | undefined;

const SO_MEMINFO = 55;
// linux/sock_diag.h, SK_MEMINFO_*: places in an array of u32.
const RMEM_ALLOC = 0;
const RCVBUF = 1;
const DROPS = 8;
const WORDS = 9;

const words = new Uint32Array(fixedBuffer(WORDS * 4).buffer);
const lengthBytes = new Uint32Array(fixedBuffer(4).buffer);

/** What waits in a socket's receive queue, and what the kernel has dropped because it was full. */
export interface SocketMemory {
  readonly queuedBytes: number;
  readonly queueBytesMax: number;
  /** Packets, since the socket was opened. */
  readonly drops: number;
}

/** Undefined on a kernel that does not tell (before 4.12). */
export function socketMemory(fd: number): SocketMemory | undefined {
  opened ??= openLibc(SYMBOLS);
  lengthBytes[0] = WORDS * 4;
  if (opened.getsockopt(fd, SOL_SOCKET, SO_MEMINFO, words, lengthBytes) < 0) return undefined;
  return {
    queuedBytes: words[RMEM_ALLOC] ?? 0,
    queueBytesMax: words[RCVBUF] ?? 0,
    drops: words[DROPS] ?? 0,
  };
}
