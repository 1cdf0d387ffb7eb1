import { hex } from "@/test/hex.ts";

// UDP payloads as tcpdump recorded them; the notes were added afterwards. See README.md.

/** DISCOVER of OVMF 2022.11 UEFI PXE boot, QEMU 7.2 virtio-net without an option ROM. */
export const OVMF_PXE_DISCOVER = hex(`
  01 01 06 00 # request, Ethernet, 6 address bytes, hops
  a5 45 a7 46 # transaction id
  00 00 80 00 # secs, flags: broadcast
  00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 # ciaddr, yiaddr, siaddr, giaddr
  52 54 00 77 01 02 00 00 00 00 00 00 00 00 00 00 # chaddr
  00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 # sname
  00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
  00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
  00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 # file
  00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
  00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
  00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
  00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
  00 00 00 00 00 00 00 00
  63 82 53 63 # magic cookie
  35 01 01 # 53 message type: DISCOVER
  39 02 05 c0 # 57 max message bytes: 1472
  37 23 01 02 03 04 05 06 0c 0d 0f 11 12 16 17 1c 28 29 2a 2b 32 33 36 3a # 55 parameter request list
  3b 3c 42 43 61 80 81 82 83 84 85 86 87
  61 11 00 7a 7a 7a 7a 00 00 00 40 80 00 00 00 00 00 00 ab # 97 machine UUID
  5e 03 01 03 00 # 94 client interface
  5d 02 00 07 # 93 client architectures: 7
  3c 20 50 58 45 43 6c 69 65 6e 74 3a 41 72 63 68 3a 30 30 30 30 37 3a 55 # 60 vendor class: "PXEClient:Arch:00007:UNDI:003000"
  4e 44 49 3a 30 30 33 30 30 30
  ff # end`);

/** REQUEST of OVMF 2022.11 UEFI PXE boot, QEMU 7.2 virtio-net without an option ROM. */
export const OVMF_PXE_REQUEST = hex(`
  01 01 06 00 # request, Ethernet, 6 address bytes, hops
  a5 45 a7 46 # transaction id
  00 00 80 00 # secs, flags: broadcast
  00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 # ciaddr, yiaddr, siaddr, giaddr
  52 54 00 77 01 02 00 00 00 00 00 00 00 00 00 00 # chaddr
  00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 # sname
  00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
  00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
  00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 # file
  00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
  00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
  00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
  00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
  00 00 00 00 00 00 00 00
  63 82 53 63 # magic cookie
  35 01 03 # 53 message type: REQUEST
  36 04 0a 4d 01 01 # 54 server id: 10.77.1.1
  32 04 0a 4d 01 65 # 50 requested address: 10.77.1.101
  39 02 ff 00 # 57 max message bytes: 65280
  37 23 01 02 03 04 05 06 0c 0d 0f 11 12 16 17 1c 28 29 2a 2b 32 33 36 3a # 55 parameter request list
  3b 3c 42 43 61 80 81 82 83 84 85 86 87
  61 11 00 7a 7a 7a 7a 00 00 00 40 80 00 00 00 00 00 00 ab # 97 machine UUID
  5e 03 01 03 00 # 94 client interface
  5d 02 00 07 # 93 client architectures: 7
  3c 20 50 58 45 43 6c 69 65 6e 74 3a 41 72 63 68 3a 30 30 30 30 37 3a 55 # 60 vendor class: "PXEClient:Arch:00007:UNDI:003000"
  4e 44 49 3a 30 30 33 30 30 30
  ff # end`);

/** DISCOVER of OVMF 2022.11 UEFI HTTP boot, QEMU 7.2 virtio-net without an option ROM. */
export const OVMF_HTTP_DISCOVER = hex(`
  01 01 06 00 # request, Ethernet, 6 address bytes, hops
  61 9c 11 c0 # transaction id
  00 00 80 00 # secs, flags: broadcast
  00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 # ciaddr, yiaddr, siaddr, giaddr
  52 54 00 77 01 02 00 00 00 00 00 00 00 00 00 00 # chaddr
  00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 # sname
  00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
  00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
  00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 # file
  00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
  00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
  00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
  00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
  00 00 00 00 00 00 00 00
  63 82 53 63 # magic cookie
  35 01 01 # 53 message type: DISCOVER
  39 02 05 c0 # 57 max message bytes: 1472
  37 1b 01 02 03 04 05 06 0c 0d 0f 11 12 16 17 1c 28 29 2a 2b 32 33 36 3a # 55 parameter request list
  3b 3c eb 43 61
  61 11 00 7a 7a 7a 7a 00 00 00 40 80 00 00 00 00 00 00 ab # 97 machine UUID
  5e 03 01 03 00 # 94 client interface
  5d 02 00 10 # 93 client architectures: 16
  3c 21 48 54 54 50 43 6c 69 65 6e 74 3a 41 72 63 68 3a 30 30 30 31 36 3a # 60 vendor class: "HTTPClient:Arch:00016:UNDI:003000"
  55 4e 44 49 3a 30 30 33 30 30 30
  ff # end`);

/** REQUEST of OVMF 2022.11 UEFI HTTP boot, QEMU 7.2 virtio-net without an option ROM. */
export const OVMF_HTTP_REQUEST = hex(`
  01 01 06 00 # request, Ethernet, 6 address bytes, hops
  61 9c 11 c0 # transaction id
  00 00 80 00 # secs, flags: broadcast
  00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 # ciaddr, yiaddr, siaddr, giaddr
  52 54 00 77 01 02 00 00 00 00 00 00 00 00 00 00 # chaddr
  00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 # sname
  00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
  00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
  00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 # file
  00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
  00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
  00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
  00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
  00 00 00 00 00 00 00 00
  63 82 53 63 # magic cookie
  35 01 03 # 53 message type: REQUEST
  36 04 0a 4d 01 01 # 54 server id: 10.77.1.1
  32 04 0a 4d 01 65 # 50 requested address: 10.77.1.101
  39 02 05 c0 # 57 max message bytes: 1472
  37 1b 01 02 03 04 05 06 0c 0d 0f 11 12 16 17 1c 28 29 2a 2b 32 33 36 3a # 55 parameter request list
  3b 3c eb 43 61
  61 11 00 7a 7a 7a 7a 00 00 00 40 80 00 00 00 00 00 00 ab # 97 machine UUID
  5e 03 01 03 00 # 94 client interface
  5d 02 00 10 # 93 client architectures: 16
  3c 21 48 54 54 50 43 6c 69 65 6e 74 3a 41 72 63 68 3a 30 30 30 31 36 3a # 60 vendor class: "HTTPClient:Arch:00016:UNDI:003000"
  55 4e 44 49 3a 30 30 33 30 30 30
  ff # end`);

/** DISCOVER of AAVMF 2022.11 (package qemu-efi-aarch64), arm64 UEFI PXE on QEMU 7.2 virtio-net. */
export const AAVMF_PXE_DISCOVER = hex(`
  01 01 06 00 # request, Ethernet, 6 address bytes, hops
  17 8b 62 76 # transaction id
  00 00 80 00 # secs, flags: broadcast
  00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 # ciaddr, yiaddr, siaddr, giaddr
  52 54 00 77 01 0a 00 00 00 00 00 00 00 00 00 00 # chaddr
  00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 # sname
  00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
  00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
  00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 # file
  00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
  00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
  00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
  00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
  00 00 00 00 00 00 00 00
  63 82 53 63 # magic cookie
  35 01 01 # 53 message type: DISCOVER
  39 02 05 c0 # 57 max message bytes: 1472
  37 23 01 02 03 04 05 06 0c 0d 0f 11 12 16 17 1c 28 29 2a 2b 32 33 36 3a # 55 parameter request list
  3b 3c 42 43 61 80 81 82 83 84 85 86 87
  61 11 00 7a 7a 7a 7a 00 00 80 40 00 00 00 00 00 00 00 ab # 97 machine UUID
  5e 03 01 03 00 # 94 client interface
  5d 02 00 0b # 93 client architectures: 11
  3c 20 50 58 45 43 6c 69 65 6e 74 3a 41 72 63 68 3a 30 30 30 31 31 3a 55 # 60 vendor class: "PXEClient:Arch:00011:UNDI:003000"
  4e 44 49 3a 30 30 33 30 30 30
  ff # end`);

/** DISCOVER of AAVMF 2022.11 (package qemu-efi-aarch64), arm64 UEFI HTTP boot on QEMU 7.2 virtio-net. */
export const AAVMF_HTTP_DISCOVER = hex(`
  01 01 06 00 # request, Ethernet, 6 address bytes, hops
  07 75 a7 f5 # transaction id
  00 00 80 00 # secs, flags: broadcast
  00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 # ciaddr, yiaddr, siaddr, giaddr
  52 54 00 77 01 0a 00 00 00 00 00 00 00 00 00 00 # chaddr
  00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 # sname
  00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
  00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
  00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 # file
  00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
  00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
  00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
  00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
  00 00 00 00 00 00 00 00
  63 82 53 63 # magic cookie
  35 01 01 # 53 message type: DISCOVER
  39 02 05 c0 # 57 max message bytes: 1472
  37 1b 01 02 03 04 05 06 0c 0d 0f 11 12 16 17 1c 28 29 2a 2b 32 33 36 3a # 55 parameter request list
  3b 3c 00 43 61
  61 11 00 7a 7a 7a 7a 00 00 80 40 00 00 00 00 00 00 00 ab # 97 machine UUID
  5e 03 01 03 00 # 94 client interface
  5d 02 00 13 # 93 client architectures: 19
  3c 21 48 54 54 50 43 6c 69 65 6e 74 3a 41 72 63 68 3a 30 30 30 31 39 3a # 60 vendor class: "HTTPClient:Arch:00019:UNDI:003000"
  55 4e 44 49 3a 30 30 33 30 30 30
  ff # end`);
