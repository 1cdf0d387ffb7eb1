// Linux, the same on x86-64 and aarch64 (bits/socket.h, asm-generic/socket.h).

export const AF_INET = 2;
export const AF_INET6 = 10;
export const AF_PACKET = 17;
export const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;
export const SOCK_NONBLOCK = 0o4000;
export const SOCK_CLOEXEC = 0o2000000;
export const SOL_SOCKET = 1;
export const SO_REUSEADDR = 2;
export const SO_BINDTODEVICE = 25;

/** struct sockaddr_in. */
export const SOCKADDR_IN_BYTES = 16;
/** struct mmsghdr: a msghdr of 56 bytes, then u32 msg_len. */
export const MMSGHDR_BYTES = 64;
/** Where its fields are; `controlBytes` is msg_controllen. */
export const MSGHDR = {
  name: 0,
  nameBytes: 8,
  iov: 16,
  iovs: 24,
  control: 32,
  controlBytes: 40,
  len: 56,
} as const;
export const IOVEC_BYTES = 16;
