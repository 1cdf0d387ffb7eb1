import { expect, test } from "vitest";
import { checkLogin } from "./login.ts";

const login = { address: "192.0.2.7", username: "admin", password: "secret123" };

test("checkLogin() fills in what nearly every BMC has", () => {
  const checked = checkLogin(login);
  expect(checked).toMatchObject({ suiteId: 3, privilege: 3, privilegeName: "operator" });
  expect(checked.where).toBe("192.0.2.7");
  expect(checked.bmcKey).toBeUndefined();
  expect(checkLogin({ ...login, privilege: "administrator" }).privilege).toBe(4);
});

test("checkLogin() names an unusual port", () => {
  expect(checkLogin({ ...login, port: 6230 }).where).toBe("192.0.2.7 (UDP port 6230)");
});

test("checkLogin() reads K_g as text or as hex digits", () => {
  expect(checkLogin({ ...login, kg: "mykg" }).bmcKey).toEqual(new TextEncoder().encode("mykg"));
  expect(checkLogin({ ...login, kg: "0x00ff10" }).bmcKey).toEqual(Uint8Array.of(0, 255, 16));
  expect(checkLogin({ ...login, kg: "" }).bmcKey).toBeUndefined();
});

for (
  const [field, value] of [
    ["username", "seventeen-letters"],
    ["password", "s3cret-of-21-bytes-ab"],
    ["password", "ä".repeat(11)], // 22 bytes of UTF-8
    ["kg", `0x${"ab".repeat(21)}`],
  ] as const
) {
  test(`checkLogin() refuses a ${field} of ${value.length} characters without quoting it`, () => {
    try {
      checkLogin({ ...login, [field]: value });
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ code: "bmc.login_malformed", field });
      expect(String(error)).not.toContain(value);
    }
  });
}
