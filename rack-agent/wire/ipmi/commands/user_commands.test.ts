import { expect, test } from "vitest";
import { hex } from "@/test/hex.ts";
import { getUserAccess } from "./get_user_access.ts";
import { getUserName } from "./get_user_name.ts";
import { setUserAccess } from "./set_user_access.ts";
import { setUserName } from "./set_user_name.ts";
import { setUserPassword } from "./set_user_password.ts";

// Requests are ipmitool 1.8.19's, without addresses and checksums.

const text = (words: string) => new TextEncoder().encode(words);

test("set user name", () => {
  expect([setUserName.netFn, setUserName.command]).toEqual([0x06, 0x45]);
  expect(setUserName.encodeRequest({ userId: 4, username: "deploy" })).toEqual(
    hex("04 64 65 70 6c 6f 79 00 00 00 00 00 00 00 00 00 00"),
  );
});

test("set user password: sixteen bytes, twenty where they are needed", () => {
  expect([setUserPassword.netFn, setUserPassword.command]).toEqual([0x06, 0x47]);
  const set = (password: string) =>
    setUserPassword.encodeRequest({ userId: 4, operation: "set", password: text(password) });
  expect(set("secret-of-17-byt")).toEqual(
    hex("04 02 73 65 63 72 65 74 2d 6f 66 2d 31 37 2d 62 79 74"),
  );
  expect(set("secret-of-20-bytes-a")).toEqual(
    hex("84 02 73 65 63 72 65 74 2d 6f 66 2d 32 30 2d 62 79 74 65 73 2d 61"),
  );
  const password = text("secret-of-17-byt");
  const tested = setUserPassword.encodeRequest({ userId: 4, operation: "test", password });
  expect(tested.subarray(0, 2)).toEqual(hex("04 03"));
});

test("set user password: enable and disable need no password", () => {
  // ipmitool sends sixteen zeros behind these, which §22.30 does not ask for.
  const change = (operation: "enable" | "disable") =>
    setUserPassword.encodeRequest({ userId: 4, operation });
  expect(change("enable")).toEqual(hex("04 01"));
  expect(change("disable")).toEqual(hex("04 00"));
});

test("set user access", () => {
  expect([setUserAccess.netFn, setUserAccess.command]).toEqual([0x06, 0x43]);
  // ipmitool's `channel setaccess 1 4 ipmi=on privilege=4`, which keeps link authentication (0x20).
  const change = { channel: 1, userId: 4, mayUseIpmi: true, privilege: 4 };
  expect(setUserAccess.encodeRequest(change)).toEqual(hex("91 04 04 00"));
  expect(setUserAccess.encodeRequest({ ...change, mayUseIpmi: false })[0]).toBe(0x81);
});

test("get user access", () => {
  expect([getUserAccess.netFn, getUserAccess.command]).toEqual([0x06, 0x44]);
  expect(getUserAccess.encodeRequest({ channel: 1, userId: 4 })).toEqual(hex("01 04"));
  const answer = hex(`
    0f      # fifteen user ids
    43      # this one is enabled, three are
    01      # one fixed name
    14      # may use IPMI, administrator`);
  expect(getUserAccess.decodeResponse(answer)).toEqual({
    usersMax: 15,
    usersEnabled: 3,
    isEnabled: true,
    mayUseIpmi: true,
    privilege: 4,
  });
  expect(getUserAccess.decodeResponse(answer.with(1, 0x83)).isEnabled).toBe(false);
  expect(getUserAccess.decodeResponse(answer.with(1, 0x03)).isEnabled).toBeUndefined();
  expect(getUserAccess.decodeResponse(answer.with(3, 0x0f)).mayUseIpmi).toBe(false);
});

test("get user name", () => {
  expect([getUserName.netFn, getUserName.command]).toEqual([0x06, 0x46]);
  const answer = hex("61 64 6d 69 6e 00 00 00 00 00 00 00 00 00 00 00");
  expect(getUserName.decodeResponse(answer)).toEqual({ username: "admin" });
  const full = text("sixteen-bytes-ab");
  expect(getUserName.decodeResponse(full)).toEqual({ username: "sixteen-bytes-ab" });
});
