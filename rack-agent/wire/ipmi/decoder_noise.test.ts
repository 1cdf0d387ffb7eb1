import fc from "fast-check";
import { expect, test } from "vitest";
import { DecodeError } from "../byte_reader.ts";
import { decodePresencePong } from "./asf.ts";
import { CIPHER_SUITES } from "./cipher_suites.ts";
import { decodeBootFlags } from "./commands/boot_options.ts";
import { getChannelAuthenticationCapabilities } from "./commands/get_channel_authentication_capabilities.ts";
import { getChassisStatus } from "./commands/get_chassis_status.ts";
import { getDeviceId } from "./commands/get_device_id.ts";
import { activateSession } from "./commands/activate_session.ts";
import { getLanConfiguration } from "./commands/get_lan_configuration.ts";
import { getSdr } from "./commands/get_sdr.ts";
import { getSdrRepositoryInfo } from "./commands/get_sdr_repository_info.ts";
import { getSelEntry } from "./commands/get_sel_entry.ts";
import { getSelInfo } from "./commands/get_sel_info.ts";
import { getSensorReading } from "./commands/get_sensor_reading.ts";
import { getSessionChallenge } from "./commands/get_session_challenge.ts";
import { getUserAccess } from "./commands/get_user_access.ts";
import { getUserName } from "./commands/get_user_name.ts";
import { reserveSdrRepository } from "./commands/reserve_sdr_repository.ts";
import { getSystemBootOptions } from "./commands/get_system_boot_options.ts";
import { setSessionPrivilegeLevel } from "./commands/set_session_privilege_level.ts";
import { decodeIpmiMessage } from "./ipmi_message.ts";
import { decodeOpenSessionRequest, decodeOpenSessionResponse } from "./open_session.ts";
import { decodeRakp1, decodeRakp2, decodeRakp3, decodeRakp4 } from "./rakp.ts";
import {
  decodeAddressSource,
  decodeLanAddress,
  decodeLanMac,
  decodeVlan,
} from "./lan_parameters.ts";
import { decodeRmcp } from "./rmcp.ts";
import { decryptPayload, openPacket } from "./sealed_packet.ts";
import { decodeSelRecord } from "./sel_record.ts";
import { decodeSensorRecord, sdrBytes } from "./sensor_record.ts";
import { decodeSessionPacket } from "./session_header.ts";

const key = new Uint8Array(16);
const keys = { suite: CIPHER_SUITES[3], integrityKey: new Uint8Array(20), encryptionKey: key };

const decoders: Record<string, (bytes: Uint8Array) => unknown> = {
  decodeRmcp,
  decodePresencePong,
  decodeSessionPacket,
  decodeIpmiMessage,
  decodeOpenSessionRequest,
  decodeOpenSessionResponse,
  decodeRakp1,
  decodeRakp2,
  decodeRakp3,
  decodeRakp4,
  decodeBootFlags,
  decryptPayload: (bytes) => decryptPayload(bytes, key),
  openPacket: (bytes) => {
    const packet = decodeSessionPacket(bytes);
    return packet.kind === "rmcp_plus" ? openPacket(bytes, packet, keys) : packet;
  },
  capabilities: getChannelAuthenticationCapabilities.decodeResponse,
  privilege: setSessionPrivilegeLevel.decodeResponse,
  deviceId: getDeviceId.decodeResponse,
  chassisStatus: getChassisStatus.decodeResponse,
  bootOptions: getSystemBootOptions.decodeResponse,
  sdrInfo: getSdrRepositoryInfo.decodeResponse,
  sdrReservation: reserveSdrRepository.decodeResponse,
  sdr: getSdr.decodeResponse,
  decodeSensorRecord,
  sdrBytes,
  sensorReading: getSensorReading.decodeResponse,
  selInfo: getSelInfo.decodeResponse,
  selEntry: getSelEntry.decodeResponse,
  decodeSelRecord,
  lanConfiguration: getLanConfiguration.decodeResponse,
  decodeLanAddress,
  decodeLanMac,
  decodeAddressSource,
  decodeVlan,
  userAccess: getUserAccess.decodeResponse,
  userName: getUserName.decodeResponse,
  sessionChallenge: getSessionChallenge.decodeResponse,
  activatedSession: activateSession.decodeResponse,
};

/** Noise that often begins like the real thing, so that it gets past the first check. */
const noise = fc.oneof(
  fc.uint8Array({ maxLength: 120 }),
  fc.tuple(
    fc.constantFrom(
      [0x06, 0x00, 0xff, 0x06, 0x00, 0x00, 0x11, 0xbe],
      [0x06, 0x00, 0xff, 0x07],
      [0x06, 0xc0],
      [0x06, 0x11, 0, 0, 0, 0],
      [0x00, 0x00],
      [0x02, 0, 0, 0, 0, 1, 0, 0, 0],
      [0x01, 0x00, 0x51, 0x01, 0x30],
      [0x01, 0x00, 0x02],
    ),
    fc.uint8Array({ maxLength: 100 }),
  ).map(([start, rest]) => Uint8Array.of(...start, ...rest)),
);

for (const [name, decode] of Object.entries(decoders)) {
  test(`${name} makes a value or a DecodeError of any bytes, and changes none`, () => {
    fc.assert(
      fc.property(noise, (bytes) => {
        const before = bytes.slice();
        try {
          decode(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError);
        }
        expect(bytes).toEqual(before);
      }),
      { numRuns: 2_000 },
    );
  });
}
