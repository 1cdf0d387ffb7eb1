import { hex } from "@/test/hex.ts";

// UDP payloads as tcpdump recorded them; the notes were added afterwards. See README.md.

export * from "./dhcp_firmware_requests.ts";

/** DISCOVER of busybox 1.35 udhcpc, Debian 12: `udhcpc -i eth0 -n -q`. */
export const UDHCPC_DISCOVER = hex(`
  01 01 06 00 # request, Ethernet, 6 address bytes, hops
  70 43 6a 7c # transaction id
  00 00 00 00 # secs, flags
  00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 # ciaddr, yiaddr, siaddr, giaddr
  52 54 00 77 00 01 00 00 00 00 00 00 00 00 00 00 # chaddr
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
  39 02 02 40 # 57 max message bytes: 576
  37 07 01 03 06 0c 0f 1c 2a # 55 parameter request list
  3c 0c 75 64 68 63 70 20 31 2e 33 35 2e 30 # 60 vendor class: "udhcp 1.35.0"
  3d 07 01 52 54 00 77 00 01 # 61 client id
  ff # end
  00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 # padding`);

/** REQUEST of busybox 1.35 udhcpc, Debian 12: `udhcpc -i eth0 -n -q`. */
export const UDHCPC_REQUEST = hex(`
  01 01 06 00 # request, Ethernet, 6 address bytes, hops
  70 43 6a 7c # transaction id
  00 01 00 00 # secs, flags
  00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 # ciaddr, yiaddr, siaddr, giaddr
  52 54 00 77 00 01 00 00 00 00 00 00 00 00 00 00 # chaddr
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
  32 04 0a 4d 00 64 # 50 requested address: 10.77.0.100
  36 04 0a 4d 00 01 # 54 server id: 10.77.0.1
  39 02 02 40 # 57 max message bytes: 576
  37 07 01 03 06 0c 0f 1c 2a # 55 parameter request list
  3c 0c 75 64 68 63 70 20 31 2e 33 35 2e 30 # 60 vendor class: "udhcp 1.35.0"
  3d 07 01 52 54 00 77 00 01 # 61 client id
  ff # end
  00 00 00 00 00 00 00 00 # padding`);

/** DISCOVER of ISC dhclient 4.4.3-P1, Debian 12: `dhclient -v -1 eth0`. */
export const DHCLIENT_DISCOVER = hex(`
  01 01 06 00 # request, Ethernet, 6 address bytes, hops
  d7 bb ec 71 # transaction id
  00 00 00 00 # secs, flags
  00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 # ciaddr, yiaddr, siaddr, giaddr
  52 54 00 77 00 01 00 00 00 00 00 00 00 00 00 00 # chaddr
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
  0c 02 76 6d # 12 host name: "vm"
  37 0d 01 1c 02 03 0f 06 77 0c 2c 2f 1a 79 2a # 55 parameter request list
  ff # end
  00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 # padding
  00 00 00 00 00 00 00 00 00 00 00 00 00`);

/** REQUEST of ISC dhclient 4.4.3-P1, Debian 12: `dhclient -v -1 eth0`. */
export const DHCLIENT_REQUEST = hex(`
  01 01 06 00 # request, Ethernet, 6 address bytes, hops
  d7 bb ec 71 # transaction id
  00 00 00 00 # secs, flags
  00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 # ciaddr, yiaddr, siaddr, giaddr
  52 54 00 77 00 01 00 00 00 00 00 00 00 00 00 00 # chaddr
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
  36 04 0a 4d 00 01 # 54 server id: 10.77.0.1
  32 04 0a 4d 00 64 # 50 requested address: 10.77.0.100
  0c 02 76 6d # 12 host name: "vm"
  37 0d 01 1c 02 03 0f 06 77 0c 2c 2f 1a 79 2a # 55 parameter request list
  ff # end
  00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 # padding
  00`);

/** DISCOVER of the iPXE ROM that QEMU 7.2 loads for virtio-net, BIOS (package ipxe-qemu 1.0.0+git-20190125). */
export const IPXE_BIOS_DISCOVER = hex(`
  01 01 06 00 # request, Ethernet, 6 address bytes, hops
  a1 49 5c 11 # transaction id
  00 04 00 00 # secs, flags
  00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 # ciaddr, yiaddr, siaddr, giaddr
  52 54 00 77 01 01 00 00 00 00 00 00 00 00 00 00 # chaddr
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
  5d 02 00 00 # 93 client architectures: 0
  5e 03 01 02 01 # 94 client interface
  3c 20 50 58 45 43 6c 69 65 6e 74 3a 41 72 63 68 3a 30 30 30 30 30 3a 55 # 60 vendor class: "PXEClient:Arch:00000:UNDI:002001"
  4e 44 49 3a 30 30 32 30 30 31
  4d 04 69 50 58 45 # 77 user class: "iPXE"
  37 17 01 03 06 07 0c 0f 11 1a 2b 3c 42 43 77 80 81 82 83 84 85 86 87 af # 55 parameter request list
  cb
  af 30 b1 05 01 1a f4 10 00 eb 03 01 00 00 17 01 01 22 01 01 13 01 01 11 # 175 iPXE options
  01 01 27 01 01 19 01 01 29 01 01 10 01 02 21 01 01 15 01 01 18 01 01 12
  01 01
  3d 07 01 52 54 00 77 01 01 # 61 client id
  61 11 00 7a 7a 7a 7a 00 00 00 40 80 00 00 00 00 00 00 ab # 97 machine UUID
  ff # end`);

/** REQUEST of the iPXE ROM that QEMU 7.2 loads for virtio-net, BIOS (package ipxe-qemu 1.0.0+git-20190125). */
export const IPXE_BIOS_REQUEST = hex(`
  01 01 06 00 # request, Ethernet, 6 address bytes, hops
  a1 49 5c 11 # transaction id
  00 0a 00 00 # secs, flags
  00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 # ciaddr, yiaddr, siaddr, giaddr
  52 54 00 77 01 01 00 00 00 00 00 00 00 00 00 00 # chaddr
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
  39 02 05 c0 # 57 max message bytes: 1472
  5d 02 00 00 # 93 client architectures: 0
  5e 03 01 02 01 # 94 client interface
  3c 20 50 58 45 43 6c 69 65 6e 74 3a 41 72 63 68 3a 30 30 30 30 30 3a 55 # 60 vendor class: "PXEClient:Arch:00000:UNDI:002001"
  4e 44 49 3a 30 30 32 30 30 31
  4d 04 69 50 58 45 # 77 user class: "iPXE"
  37 17 01 03 06 07 0c 0f 11 1a 2b 3c 42 43 77 80 81 82 83 84 85 86 87 af # 55 parameter request list
  cb
  af 30 b1 05 01 1a f4 10 00 eb 03 01 00 00 17 01 01 22 01 01 13 01 01 11 # 175 iPXE options
  01 01 27 01 01 19 01 01 29 01 01 10 01 02 21 01 01 15 01 01 18 01 01 12
  01 01
  3d 07 01 52 54 00 77 01 01 # 61 client id
  61 11 00 7a 7a 7a 7a 00 00 00 40 80 00 00 00 00 00 00 ab # 97 machine UUID
  36 04 0a 4d 01 01 # 54 server id: 10.77.1.1
  32 04 0a 4d 01 64 # 50 requested address: 10.77.1.100
  ff # end`);

/** DISCOVER of iPXE's snponly.efi (package ipxe 1.0.0+git-20190125), started over TFTP by OVMF. */
export const IPXE_UEFI_DISCOVER = hex(`
  01 01 06 00 # request, Ethernet, 6 address bytes, hops
  b1 e3 3a 49 # transaction id
  00 04 00 00 # secs, flags
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
  5d 02 00 07 # 93 client architectures: 7
  5e 03 01 03 0a # 94 client interface
  3c 20 50 58 45 43 6c 69 65 6e 74 3a 41 72 63 68 3a 30 30 30 30 37 3a 55 # 60 vendor class: "PXEClient:Arch:00007:UNDI:003010"
  4e 44 49 3a 30 30 33 30 31 30
  4d 04 69 50 58 45 # 77 user class: "iPXE"
  37 17 01 03 06 07 0c 0f 11 1a 2b 3c 42 43 77 80 81 82 83 84 85 86 87 af # 55 parameter request list
  cb
  af 24 b1 05 01 1a f4 10 00 eb 03 01 00 00 17 01 01 24 01 01 13 01 01 11 # 175 iPXE options
  01 01 27 01 01 29 01 01 15 01 01 12 01 01
  3d 07 01 52 54 00 77 01 02 # 61 client id
  61 11 00 7a 7a 7a 7a 00 00 00 40 80 00 00 00 00 00 00 ab # 97 machine UUID
  ff # end`);

/** REQUEST of iPXE's snponly.efi (package ipxe 1.0.0+git-20190125), started over TFTP by OVMF. */
export const IPXE_UEFI_REQUEST = hex(`
  01 01 06 00 # request, Ethernet, 6 address bytes, hops
  b1 e3 3a 49 # transaction id
  00 0a 00 00 # secs, flags
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
  39 02 05 c0 # 57 max message bytes: 1472
  5d 02 00 07 # 93 client architectures: 7
  5e 03 01 03 0a # 94 client interface
  3c 20 50 58 45 43 6c 69 65 6e 74 3a 41 72 63 68 3a 30 30 30 30 37 3a 55 # 60 vendor class: "PXEClient:Arch:00007:UNDI:003010"
  4e 44 49 3a 30 30 33 30 31 30
  4d 04 69 50 58 45 # 77 user class: "iPXE"
  37 17 01 03 06 07 0c 0f 11 1a 2b 3c 42 43 77 80 81 82 83 84 85 86 87 af # 55 parameter request list
  cb
  af 24 b1 05 01 1a f4 10 00 eb 03 01 00 00 17 01 01 24 01 01 13 01 01 11 # 175 iPXE options
  01 01 27 01 01 29 01 01 15 01 01 12 01 01
  3d 07 01 52 54 00 77 01 02 # 61 client id
  61 11 00 7a 7a 7a 7a 00 00 00 40 80 00 00 00 00 00 00 ab # 97 machine UUID
  36 04 0a 4d 01 01 # 54 server id: 10.77.1.1
  32 04 0a 4d 01 65 # 50 requested address: 10.77.1.101
  ff # end`);
