/** The parameters of Set and Get System Boot Options that this client uses, IPMI 2.0 §28.14. */

import { ByteReader } from "../../byte_reader.ts";

/** Parameter selectors, IPMI 2.0 table 28-14. */
export const BOOT_PARAMETER = { setInProgress: 0, bootInfoAcknowledge: 4, bootFlags: 5 } as const;

/** Boot device selectors, IPMI 2.0 table 28-14, parameter 5 data 2. `none`: no override. */
export const BOOT_DEVICES = {
  none: 0,
  network: 1,
  disk: 2,
  cd: 5, // or virtual media
  bios: 6,
} as const;
export type BootDevice = keyof typeof BOOT_DEVICES;

/** What the next boot, or every boot, should start from. */
export interface BootFlags {
  readonly device: BootDevice;
  readonly isUefi: boolean;
  readonly isPersistent: boolean; // false: the next boot only
}

const VALID = 0x80;
const PERSISTENT = 0x40;
const UEFI = 0x20;

/** Parameter 5: the boot flags. */
export function encodeBootFlags(flags: BootFlags): Uint8Array {
  const head = VALID | (flags.isPersistent ? PERSISTENT : 0) | (flags.isUefi ? UEFI : 0);
  return Uint8Array.of(head, BOOT_DEVICES[flags.device] << 2, 0, 0, 0);
}

/** Reads parameter 5. `isValid` is false once the BMC has used or dropped the override. */
export function decodeBootFlags(data: Uint8Array): {
  isValid: boolean;
  isUefi: boolean;
  isPersistent: boolean;
  device: BootDevice | undefined; // undefined: one this client never sets
} {
  const reader = new ByteReader(data);
  const head = reader.u8();
  const code = (reader.u8() >> 2) & 0x0f;
  reader.take(3); // console and BIOS overrides, never used here
  return {
    isValid: (head & VALID) !== 0,
    isPersistent: (head & PERSISTENT) !== 0,
    isUefi: (head & UEFI) !== 0,
    device: deviceNames.get(code),
  };
}

/** Parameter 4: marks the boot information as new for BIOS, which otherwise may ignore it. */
export const ACKNOWLEDGE_FOR_BIOS: Uint8Array = Uint8Array.of(0x01, 0x01);

/** Parameter 0: brackets a change, so that nobody reads half of it. */
export const SET_IN_PROGRESS: Uint8Array = Uint8Array.of(0x01);
export const SET_COMPLETE: Uint8Array = Uint8Array.of(0x00);

const deviceNames = new Map<number, BootDevice>(
  // Safe: the keys of BOOT_DEVICES are BootDevice by definition; Object.entries forgets it.
  (Object.entries(BOOT_DEVICES) as [BootDevice, number][]).map(([name, code]) => [code, name]),
);
