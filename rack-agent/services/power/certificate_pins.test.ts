import { expect, test } from "vitest";
import { CertificatePins, type SeenCertificate } from "./certificate_pins.ts";

const bmc = { kind: "redfish", address: "b", port: 443, username: "u", password: "p" } as const;
const [A, B] = ["aa".repeat(32), "bb".repeat(32)] as const;

test("the first certificate is told and held, until the region names one", () => {
  const told: SeenCertificate[] = [];
  const pins = new CertificatePins((seen) => told.push(seen));
  expect(pins.withPin("abc123", bmc)).toEqual({ ...bmc, certificateSha256: undefined });
  pins.note(bmc, A);
  expect(told).toEqual([{ systemId: "abc123", address: "b", port: 443, sha256: A }]);
  const held = pins.withPin("abc123", bmc);
  expect(held).toMatchObject({ certificateSha256: A });
  pins.note(held, A); // it was pinned: nothing new
  expect(told).toHaveLength(1);
  expect(pins.withPin("abc123", { ...bmc, certificateSha256: B })).toMatchObject({
    certificateSha256: B,
  });
});

test("a region that forgets its pin wants the next certificate to be taken", () => {
  const pins = new CertificatePins(() => {});
  pins.withPin("abc123", bmc);
  pins.note(bmc, A);
  pins.withPin("abc123", { ...bmc, certificateSha256: A });
  expect(pins.withPin("abc123", bmc)).toEqual({ ...bmc, certificateSha256: undefined });
});
