import { expect, test } from "vitest";
import { hex } from "@/test/hex.ts";
import { DecodeError } from "../../byte_reader.ts";
import {
  ACKNOWLEDGE_FOR_BIOS,
  BOOT_PARAMETER,
  decodeBootFlags,
  encodeBootFlags,
} from "./boot_options.ts";
import { type ChassisControl, chassisControl } from "./chassis_control.ts";
import { closeSession } from "./close_session.ts";
import { getChannelAuthenticationCapabilities } from "./get_channel_authentication_capabilities.ts";
import { getChassisStatus } from "./get_chassis_status.ts";
import { getDeviceId } from "./get_device_id.ts";
import { getSystemBootOptions } from "./get_system_boot_options.ts";
import { setSessionPrivilegeLevel } from "./set_session_privilege_level.ts";
import { setSystemBootOptions } from "./set_system_boot_options.ts";

// Requests are ipmitool 1.8.19's, responses OpenIPMI's simulator's, without addresses, checksums
// and completion code, unless a test says otherwise.

test("get channel authentication capabilities", () => {
  const { netFn, command, encodeRequest, decodeResponse } = getChannelAuthenticationCapabilities;
  expect([netFn, command]).toEqual([0x06, 0x38]);
  expect(encodeRequest({ privilege: 4 })).toEqual(hex("8e 04")); // IPMI 2.0 data, this channel
  const answer = hex(`
    01            # channel 1
    97            # IPMI 2.0 data follows; password, MD5, MD2 and none are allowed
    04            # named users, no K_g
    03            # IPMI 1.5 and 2.0
    00 00 00 00   # OEM`);
  const capabilities = {
    channel: 1,
    supportsIpmi2: true,
    needsBmcKey: false,
    supportsMd5: true,
  };
  expect(decodeResponse(answer)).toEqual(capabilities);
  expect(decodeResponse(answer.with(2, 0x24))).toEqual({ ...capabilities, needsBmcKey: true });
  expect(decodeResponse(answer.with(3, 0x01)).supportsIpmi2).toBe(false);
  expect(decodeResponse(answer.with(1, 0x17)).supportsIpmi2).toBe(false);
});

test("set session privilege level", () => {
  const { netFn, command, encodeRequest, decodeResponse } = setSessionPrivilegeLevel;
  expect([netFn, command]).toEqual([0x06, 0x3b]);
  expect(encodeRequest({ privilege: 3 })).toEqual(hex("03"));
  expect(decodeResponse(hex("03"))).toEqual({ privilege: 3 });
});

test("close session", () => {
  expect([closeSession.netFn, closeSession.command]).toEqual([0x06, 0x3c]);
  expect(closeSession.encodeRequest({ bmcSessionId: 0x0182 })).toEqual(hex("82 01 00 00"));
});

test("get device id", () => {
  expect([getDeviceId.netFn, getDeviceId.command]).toEqual([0x06, 0x01]);
  const answer = hex(`
    00 03         # device 0, revision 3
    09 08         # firmware 9.08, available
    02            # IPMI 2.0
    9f            # additional devices
    91 12 00      # manufacturer 4753, little-endian
    02 0f         # product 0x0f02
    00 00 00 00   # auxiliary firmware revision`);
  const device = {
    deviceId: 0,
    deviceRevision: 3,
    firmwareVersion: "9.08",
    ipmiVersion: "2.0",
    manufacturerId: 4753,
    productId: 0x0f02,
    isAvailable: true,
  };
  expect(getDeviceId.decodeResponse(answer)).toEqual(device);
  expect(getDeviceId.decodeResponse(answer.subarray(0, 11))).toEqual(device); // optional tail
  expect(getDeviceId.decodeResponse(answer.with(2, 0x89)).isAvailable).toBe(false);
  expect(getDeviceId.decodeResponse(answer.with(4, 0x51)).ipmiVersion).toBe("1.5");
});

test("get chassis status", () => {
  expect([getChassisStatus.netFn, getChassisStatus.command]).toEqual([0x00, 0x01]);
  expect(getChassisStatus.decodeResponse(hex("01 00 00"))).toEqual({
    isOn: true,
    hasPowerOverload: false,
    hasPowerFault: false,
    restorePolicy: "stay_off",
  });
  // Written by hand: off, power fault, restore to on, front panel byte present.
  expect(getChassisStatus.decodeResponse(hex("48 00 00 70"))).toEqual({
    isOn: false,
    hasPowerOverload: false,
    hasPowerFault: true,
    restorePolicy: "turn_on",
  });
});

test("chassis control", () => {
  expect([chassisControl.netFn, chassisControl.command]).toEqual([0x00, 0x02]);
  const codes: [ChassisControl, string][] = [
    ["off", "00"],
    ["on", "01"],
    ["cycle", "02"],
    ["reset", "03"],
    ["soft", "05"],
  ];
  for (const [control, bytes] of codes) {
    expect(chassisControl.encodeRequest({ control })).toEqual(hex(bytes));
  }
});

test("set system boot options, boot flags as ipmitool sends them", () => {
  expect([setSystemBootOptions.netFn, setSystemBootOptions.command]).toEqual([0x00, 0x08]);
  const flags = (device: "network" | "disk" | "none", isUefi: boolean, isPersistent = false) =>
    setSystemBootOptions.encodeRequest({
      parameter: BOOT_PARAMETER.bootFlags,
      data: encodeBootFlags({ device, isUefi, isPersistent }),
    });
  expect(flags("network", true)).toEqual(hex("05 a0 04 00 00 00")); // bootdev pxe, efiboot
  expect(flags("none", false)).toEqual(hex("05 80 00 00 00 00")); // bootdev none
  expect(flags("disk", false)).toEqual(hex("05 80 08 00 00 00")); // bootdev disk
  expect(flags("disk", true, true)).toEqual(hex("05 e0 08 00 00 00")); // persistent, by hand
});

test("set system boot options, boot info acknowledge as ipmitool sends it", () => {
  const parameter = BOOT_PARAMETER.bootInfoAcknowledge;
  expect(setSystemBootOptions.encodeRequest({ parameter, data: ACKNOWLEDGE_FOR_BIOS })).toEqual(
    hex("04 01 01"),
  );
});

test("get system boot options", () => {
  expect([getSystemBootOptions.netFn, getSystemBootOptions.command]).toEqual([0x00, 0x09]);
  expect(getSystemBootOptions.encodeRequest({ parameter: 5 })).toEqual(hex("05 00 00"));
  const answer = hex("01 05 00 04 00 00 00"); // version 1, parameter 5, device 1, not valid
  const option = getSystemBootOptions.decodeResponse(answer);
  expect(option).toEqual({ parameter: 5, isLocked: false, data: hex("00 04 00 00 00") });
  expect(decodeBootFlags(option.data)).toEqual({
    isValid: false,
    isUefi: false,
    isPersistent: false,
    device: "network",
  });
});

test("boot flags survive a round trip, and a device this client never sets is undefined", () => {
  for (const device of ["none", "network", "disk", "cd", "bios"] as const) {
    const flags = { device, isUefi: true, isPersistent: true };
    expect(decodeBootFlags(encodeBootFlags(flags))).toEqual({ ...flags, isValid: true });
  }
  expect(decodeBootFlags(hex("80 3c 00 00 00")).device).toBeUndefined(); // floppy
});

test("responses cut short are refused", () => {
  const shortest = [
    [getChannelAuthenticationCapabilities, 8],
    [setSessionPrivilegeLevel, 1],
    [getDeviceId, 11],
    [getChassisStatus, 3],
    [getSystemBootOptions, 2],
  ] as const;
  for (const [command, bytes] of shortest) {
    for (let length = 0; length < bytes; length++) {
      expect(() => command.decodeResponse(new Uint8Array(length))).toThrow(DecodeError);
    }
    expect(() => command.decodeResponse(new Uint8Array(bytes))).not.toThrow();
  }
  expect(() => decodeBootFlags(hex("80 04 00 00"))).toThrow(DecodeError);
});
