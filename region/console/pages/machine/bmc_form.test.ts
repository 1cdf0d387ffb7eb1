import { describe, expect, test } from "vitest";
import {
  bmcChangeOf,
  bmcFormOf,
  bmcInputOf,
  changedCertificate,
  formatFingerprint,
  NO_BMC,
} from "./bmc_form.ts";

const OLD = "9a64aaec0505a5dc17be423bf1d680e7051b797850bba432a621883b80dad016";
const NEW = "ab".repeat(32);
const sent = (value: unknown) => JSON.parse(JSON.stringify(value));

describe("the form of a BMC", () => {
  test("sends of each kind what that kind has, and nothing of the others", () => {
    const all = { ...NO_BMC, address: " 10.0.0.7 ", username: "root", password: "x" };
    expect(sent(bmcInputOf({ ...all, cipherSuite: "17", kg: "0xff", privilege: "administrator" })))
      .toEqual({
        ...{ kind: "ipmi", address: "10.0.0.7", username: "root", password: "x" },
        ...{ cipherSuite: 17, kg: "0xff", privilege: "administrator" },
      });
    const certificateSha256 = formatFingerprint(OLD);
    expect(sent(bmcInputOf({ ...all, kind: "redfish", port: "8443", certificateSha256 }))).toEqual({
      ...{ kind: "redfish", address: "10.0.0.7", port: 8443, username: "root", password: "x" },
      certificateSha256: OLD,
    });
    const mac = "52:54:00:aa:00:01";
    expect(sent(bmcInputOf({ ...all, kind: "wake_on_lan", mac }))).toEqual({
      kind: "wake_on_lan",
      mac,
    });
    expect(sent(bmcInputOf({ ...all, kind: "manual" }))).toEqual({ kind: "manual" });
  });

  test("changes nothing that is secret and was left empty", () => {
    const bmc = {
      kind: "ipmi" as const,
      address: "10.0.0.7",
      port: 623,
      username: "root",
      cipherSuite: 17,
    };
    const form = bmcFormOf({ bmc, macs: [] });
    expect(form.port).toBe("");
    const { port: _usual, ...rest } = bmc;
    expect(sent(bmcChangeOf(form))).toEqual(rest);
    expect(sent(bmcChangeOf({ ...form, password: "new", isKgGone: true })))
      .toEqual({ ...rest, password: "new", kg: null });
  });

  test("lets go of the pin when its field was emptied", () => {
    const bmc = {
      kind: "redfish" as const,
      address: "b",
      username: "u",
      certificateSha256: OLD,
    };
    const form = bmcFormOf({ bmc, macs: [] });
    expect(bmcChangeOf(form)).toMatchObject({ certificateSha256: OLD });
    expect(bmcChangeOf({ ...form, certificateSha256: "" })).toMatchObject({
      certificateSha256: null,
    });
  });
});

describe("a changed certificate", () => {
  const message =
    `the certificate of the BMC changed: it shows SHA-256 ${NEW}, not ${OLD}; nothing`;
  const fault = { code: "bmc.certificate_changed", message };
  const power = { state: "unknown" as const, at: null, fault };
  const bmc = { kind: "redfish" as const, certificateSha256: OLD };

  test("is told with both fingerprints", () => {
    expect(changedCertificate({ bmc, power, failure: null })).toEqual({ pinned: OLD, shown: NEW });
  });

  test("is over once it is the one that is pinned, or the refusal is another", () => {
    const accepted = { ...bmc, certificateSha256: NEW };
    expect(changedCertificate({ bmc: accepted, power, failure: null })).toBeUndefined();
    const other = { ...power, fault: { code: "bmc.no_answer", message } };
    expect(changedCertificate({ bmc, power: other, failure: null })).toBeUndefined();
  });
});
