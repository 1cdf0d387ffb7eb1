/** Get Device ID, IPMI 2.0 §20.1: what the BMC is. */

import { ByteReader } from "../../byte_reader.ts";
import { type IpmiCommand, NET_FN_APP } from "./ipmi_command.ts";

export interface DeviceId {
  readonly deviceId: number;
  readonly deviceRevision: number;
  readonly firmwareVersion: string; // such as 9.08
  readonly ipmiVersion: string; // such as 2.0
  readonly manufacturerId: number; // IANA enterprise number
  readonly productId: number;
  readonly isAvailable: boolean; // false while the firmware is being updated
}

export const getDeviceId: IpmiCommand<void, DeviceId> = {
  name: "ask what the BMC is",
  netFn: NET_FN_APP,
  command: 0x01,
  encodeRequest: () => new Uint8Array(0),
  decodeResponse(data) {
    const reader = new ByteReader(data);
    const deviceId = reader.u8();
    const deviceRevision = reader.u8() & 0x0f;
    const major = reader.u8();
    const minor = reader.u8(); // binary coded decimal
    const version = reader.u8(); // low nibble first: 0x02 is 2.0, 0x51 is 1.5
    reader.take(1); // additional device support
    const manufacturerId = (reader.u16LE() | reader.u8() << 16) & 0xfffff;
    return {
      deviceId,
      deviceRevision,
      firmwareVersion: `${major & 0x7f}.${minor.toString(16).padStart(2, "0")}`,
      ipmiVersion: `${version & 0x0f}.${version >> 4}`,
      manufacturerId,
      productId: reader.u16LE(),
      isAvailable: (major & 0x80) === 0,
    };
  },
};
