import { fixedBuffer, openLibc } from "./libc.ts";
import { AF_INET, SOCK_CLOEXEC, SOCK_DGRAM, SOCKADDR_IN_BYTES } from "./libc_numbers.ts";

const SYMBOLS = {
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  getsockopt: { parameters: ["i32", "i32", "i32", "buffer", "buffer"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;
let opened: Deno.DynamicLibrary<typeof SYMBOLS>["symbols"] | undefined;

// Linux, the same on x86-64 and aarch64.
const IPPROTO_IP = 0;
const IP_MTU = 14;
const DISCARD_PORT = 9;
const ETHERNET_MTU_BYTES = 1_500;

/** The largest IPv4 packet the kernel knows to reach this address; Ethernet's when it knows none. */
export function pathMtuBytes(ipv4: number): number {
  const { socket, connect, getsockopt, close } = opened ??= openLibc(SYMBOLS);
  const fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return ETHERNET_MTU_BYTES;
  try {
    const name = fixedBuffer(SOCKADDR_IN_BYTES);
    const nameView = new DataView(name.buffer);
    nameView.setUint16(0, AF_INET, true);
    nameView.setUint16(2, DISCARD_PORT, false); // connecting a UDP socket sends nothing
    nameView.setUint32(4, ipv4, false);
    if (connect(fd, name, SOCKADDR_IN_BYTES) < 0) return ETHERNET_MTU_BYTES;
    const value = fixedBuffer(4);
    const length = fixedBuffer(4);
    new DataView(length.buffer).setUint32(0, 4, true);
    if (getsockopt(fd, IPPROTO_IP, IP_MTU, value, length) < 0) return ETHERNET_MTU_BYTES;
    return new DataView(value.buffer).getUint32(0, true);
  } finally {
    close(fd);
  }
}
