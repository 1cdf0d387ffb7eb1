import { DomainError } from "@/shared/errors/domain_error.ts";

/**
 * The few calls to the C library that Deno has no equal for. Everything foreign is in the
 * `libc*.ts` files, and nothing else in the agent may open a library.
 *
 * Buffers handed to a synchronous call are only used while it runs. `poll` is the one call that
 * runs on another thread; see `Poller` for what keeps its buffer in place.
 */
const SYMBOLS = {
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  bind: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
  recvfrom: { parameters: ["i32", "buffer", "usize", "i32", "buffer", "buffer"], result: "isize" },
  sendto: { parameters: ["i32", "buffer", "usize", "i32", "buffer", "u32"], result: "isize" },
  close: { parameters: ["i32"], result: "i32" },
  eventfd: { parameters: ["u32", "i32"], result: "i32" },
  read: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  write: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  poll: { parameters: ["buffer", "u64", "i32"], result: "i32", nonblocking: true },
  if_nametoindex: { parameters: ["buffer"], result: "u32" },
  __errno_location: { parameters: [], result: "pointer" },
} as const satisfies Deno.ForeignLibraryInterface;

export type Libc = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];

/** The error numbers we act on: Linux, the same on x86-64 and aarch64 (asm-generic/errno.h). */
export const ERRNO = { EPERM: 1, EAGAIN: 11, EACCES: 13, ENODEV: 19, EADDRINUSE: 98 } as const;

/** Where the library is; full paths first, because `--allow-ffi=PATH` knows no bare names. */
const PATHS: Readonly<Record<string, readonly string[]>> = {
  x86_64: ["/lib/x86_64-linux-gnu/libc.so.6", "/lib64/libc.so.6", "libc.so.6"],
  aarch64: ["/lib/aarch64-linux-gnu/libc.so.6", "/lib64/libc.so.6", "libc.so.6"],
};

let loaded: Libc | undefined;

/**
 * The C library, opened at the first call and never closed.
 *
 * Throws DomainError `unavailable` on other systems than Linux on x86-64 and aarch64 with glibc,
 * and without the permission `--allow-ffi`.
 */
export function libc(): Libc {
  loaded ??= openLibc(SYMBOLS);
  return loaded;
}

/** The error number of the call just made; read it before any other call. */
export function lastErrno(): number {
  const at = libc().__errno_location();
  return at === null ? 0 : new Deno.UnsafePointerView(at).getInt32();
}

/** Throws DomainError `unavailable` that names the failed call and its error number. */
export function failedCall(call: string, errno: number): DomainError {
  const [name = `errno ${errno}`] = Object.entries(ERRNO).find(([, n]) => n === errno) ?? [];
  return new DomainError({
    kind: "unavailable",
    code: errno === ERRNO.EPERM || errno === ERRNO.EACCES
      ? "libc.not_permitted"
      : "libc.call_failed",
    message: `${call} failed: ${name}`,
  });
}

/** Memory that stays where it is: small typed arrays may otherwise live in V8's moving heap. */
export function fixedBuffer(lengthBytes: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new ArrayBuffer(lengthBytes));
}

/** An `int` as a call takes it by address. */
export function intBytes(value: number): Uint8Array<ArrayBuffer> {
  const bytes = fixedBuffer(4);
  new DataView(bytes.buffer).setInt32(0, value, true);
  return bytes;
}

/** Text as C has it, ended by a zero. */
export function cString(text: string): Uint8Array<ArrayBuffer> {
  const encoded = new TextEncoder().encode(text);
  const bytes = fixedBuffer(encoded.length + 1);
  bytes.set(encoded);
  return bytes;
}

/**
 * Opens the C library for these calls; callers keep what they get for good.
 *
 * Throws DomainError `unavailable`, as `libc()` does.
 */
export function openLibc<S extends Deno.ForeignLibraryInterface>(
  symbols: S,
): Deno.DynamicLibrary<S>["symbols"] {
  const { os, arch } = Deno.build;
  const paths = os === "linux" ? PATHS[arch] ?? [] : [];
  let cause: unknown;
  for (const path of paths) {
    try {
      return Deno.dlopen(path, symbols).symbols;
    } catch (error) {
      cause = error;
    }
  }
  throw new DomainError({
    kind: "unavailable",
    code: "libc.unsupported",
    message: `DHCP and TFTP need Linux with glibc on x86-64 or aarch64, and --allow-ffi; ` +
      `this is ${os} on ${arch}`,
    cause,
  });
}
