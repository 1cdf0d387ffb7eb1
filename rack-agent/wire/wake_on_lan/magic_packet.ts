import { parseMacAddress } from "@/shared/net/mac_address.ts";

/** "Discard"; the port matters to nobody, cards look for the pattern in any frame. */
export const WAKE_PORT = 9;

/** Six bytes of ff, then the address sixteen times; AMD publication 20213, "Magic Packet Technology". */
export function encodeMagicPacket(mac: string): Uint8Array {
  const address = parseMacAddress(mac).split(":").map((byte) => parseInt(byte, 16));
  return Uint8Array.from([...SYNCHRONIZATION, ...Array(16).fill(address).flat()]);
}

const SYNCHRONIZATION = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
