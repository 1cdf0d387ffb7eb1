import { base64url } from "jose";
import { beforeAll, describe, expect, test } from "vitest";
import type { SigningKey } from "@/region/context.ts";
import { issueCredential, verifyCredential } from "./credential.ts";
import { signAsRegion } from "./region_keys.ts";
import { makeTestSigningKey } from "./test_keys.ts";

const NOW = new Date("2026-03-01T12:00:00.000Z");
const agent = { agentId: "a-abcdef", siteId: "s-abcdef", jkt: "thumbprint" };
const later = (hours: number) => new Date(NOW.getTime() + hours * 3_600_000);

let keys: SigningKey[];
let credential: string;
beforeAll(async () => {
  keys = [await makeTestSigningKey("k2"), await makeTestSigningKey("k1")];
  ({ credential } = await issueCredential(keys, agent, NOW));
});

test("a credential says whose it is, and until when", async () => {
  expect(await verifyCredential(keys, credential, { now: NOW })).toEqual({
    iss: "rackwright-region",
    sub: "a-abcdef",
    site: "s-abcdef",
    cnf: { jkt: "thumbprint" },
    iat: 1772366400, // 2026-03-01T12:00:00Z
    exp: 1772452800, // a day later
  });
  const { expiresAt } = await issueCredential(keys, agent, NOW);
  expect(expiresAt).toEqual(new Date("2026-03-02T12:00:00.000Z"));
});

test("a credential of the key before is accepted until that key is taken away", async () => {
  const old = await issueCredential(keys.slice(1), agent, NOW);
  expect(await verifyCredential(keys, old.credential, { now: NOW })).toBeDefined();
  await expect(verifyCredential(keys.slice(0, 1), old.credential, { now: NOW }))
    .rejects.toMatchObject({ code: "credential.signature" });
});

describe("verifyCredential() refuses", () => {
  const refused = async (text: string, code: string, now = NOW) =>
    await expect(verifyCredential(keys, text, { now })).rejects.toMatchObject({
      kind: "unauthenticated",
      code,
    });

  test("an expired one, from the second of its end", async () => {
    expect(await verifyCredential(keys, credential, { now: later(23.99) })).toBeDefined();
    await refused(credential, "credential.expired", later(24));
    const accepted = verifyCredential(keys, credential, { now: later(100), acceptExpired: true });
    expect(await accepted).toBeDefined();
  });

  test("one that somebody else signed under our key's id", async () => {
    const forger = await makeTestSigningKey("k2");
    const { credential: forged } = await issueCredential([forger], agent, NOW);
    await refused(forged, "credential.signature");
  });

  test("one whose claims were changed", async () => {
    const [header, payload, signature] = credential.split(".");
    const claims = JSON.parse(new TextDecoder().decode(base64url.decode(payload ?? "")));
    const changed = base64url.encode(JSON.stringify({ ...claims, site: "s-other" }));
    await refused(`${header}.${changed}.${signature}`, "credential.signature");
  });

  test("other things that our key signs", async () => {
    const claims = new TextDecoder().decode(base64url.decode(credential.split(".")[1] ?? ""));
    await refused(await signAsRegion(keys, "rw-state+jws", claims), "credential.malformed");
  });

  test("claims that say too little", async () => {
    await refused(await signAsRegion(keys, "rw-agent+jwt", '{"sub":"a"}'), "credential.malformed");
  });

  test("noise", async () => {
    for (const noise of ["", "x", "a.b.c", "..", "\u0000", `${credential}.x`]) {
      await refused(noise, "credential.malformed");
    }
  });
});
