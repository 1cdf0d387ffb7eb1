import { compactDecrypt, decodeProtectedHeader } from "jose";
import { expect, test } from "vitest";
import { sealUnder, unseal, unsealText } from "./seal.ts";
import { makeSealedSiteKey, openSiteKey, sealSiteKeyToAgent } from "./site_key.ts";
import { makeTestAgentKeys } from "./test_keys.ts";

const randomBytes = (length: number) => crypto.getRandomValues(new Uint8Array(length));
const regionKey = { id: "r1", key: randomBytes(32) };

test("what is sealed under a key opens with it, and names it", async () => {
  const sealed = await sealUnder(regionKey, "pässword");
  expect(decodeProtectedHeader(sealed)).toEqual({ alg: "dir", enc: "A256GCM", kid: "r1" });
  expect(await unsealText(regionKey, sealed)).toBe("pässword");
  expect(await sealUnder(regionKey, "pässword")).not.toBe(sealed);
});

test("unseal() throws for another key, another key's id, and changed text", async () => {
  const sealed = await sealUnder(regionKey, "password");
  await expect(unseal({ id: "r1", key: randomBytes(32) }, sealed)).rejects.toThrow();
  await expect(unseal({ ...regionKey, id: "r2" }, sealed)).rejects.toThrow(/"r1", not "r2"/);
  const parts = sealed.split(".");
  const flipped = parts[3]?.startsWith("A") ? "B" : "A";
  parts[3] = flipped + (parts[3] ?? "").slice(1);
  await expect(unseal(regionKey, parts.join("."))).rejects.toThrow();
  await expect(unseal(regionKey, "noise")).rejects.toThrow();
});

test("a site's key reaches the agent, and nobody else", async () => {
  const agent = await makeTestAgentKeys();
  const sealedSiteKey = await makeSealedSiteKey(regionKey, randomBytes);
  const siteKey = await openSiteKey(regionKey, { id: "s-1", sealedSiteKey });
  expect(siteKey.key).toHaveLength(32);
  const sealed = await sealSiteKeyToAgent(siteKey, agent.encryptionJwk);
  expect(decodeProtectedHeader(sealed)).toMatchObject({
    alg: "ECDH-ES+A256KW",
    enc: "A256GCM",
    kid: "s-1",
  });
  const { plaintext } = await compactDecrypt(sealed, agent.encryptionPrivate);
  expect(new Uint8Array(plaintext)).toEqual(siteKey.key);
  const other = await makeTestAgentKeys();
  await expect(compactDecrypt(sealed, other.encryptionPrivate)).rejects.toThrow();
});
