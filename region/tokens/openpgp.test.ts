import { expect, test } from "vitest";
import { generateKey } from "openpgp";
import {
  makeSigningPgpKey,
  openCleartext,
  publicPgpKey,
  readKeyring,
  signCleartext,
} from "./openpgp.ts";

const NOW = new Date("2026-06-01T00:00:00Z");
const MADE = new Date("2026-01-01T00:00:00Z");
const TEXT = '{\n "format": "index:1.0"\n}\n- dashes\n';

async function keyPair() {
  const privateKey = await makeSigningPgpKey("images", MADE);
  return { privateKey, keyring: await publicPgpKey(privateKey) };
}

test("what was signed comes back as it was, under the key that signed it", async () => {
  const { privateKey, keyring } = await keyPair();
  const signed = await signCleartext(TEXT, { privateKey, now: NOW });
  expect(await openCleartext(signed, { keyring, now: NOW })).toBe(TEXT);
});

test("another key, a changed text, no signature: each is refused with its reason", async () => {
  const { privateKey, keyring } = await keyPair();
  const other = await keyPair();
  const signed = await signCleartext(TEXT, { privateKey, now: NOW });
  const opened = (text: string, ring = keyring) => openCleartext(text, { keyring: ring, now: NOW });
  await expect(opened(signed, other.keyring)).rejects.toThrow(/which the keyring does not have/);
  await expect(opened(signed.replace("1.0", "1.1"))).rejects.toThrow(/does not count/);
  await expect(opened(TEXT)).rejects.toThrow(/no signed text/);
});

test("a key that has ended signs nothing any more", async () => {
  const { privateKey, publicKey } = await generateKey({
    type: "curve25519",
    config: { v6Keys: false },
    userIDs: [{ name: "images" }],
    subkeys: [],
    date: MADE,
    keyExpirationTime: 3600,
    format: "armored",
  });
  const whileGood = new Date(MADE.getTime() + 60_000);
  const signed = await signCleartext(TEXT, { privateKey, now: whileGood });
  expect(await openCleartext(signed, { keyring: publicKey, now: whileGood })).toBe(TEXT);
  await expect(openCleartext(signed, { keyring: publicKey, now: NOW })).rejects.toThrow(/expired/);
});

test("a keyring is taken armored or as base64, several blocks together; and nothing else", async () => {
  const [one, two] = [await keyPair(), await keyPair()];
  const { keys } = await readKeyring(`${one.keyring}\n${two.keyring}`);
  expect(keys.map(({ userIds, expiresAt }) => [userIds, expiresAt]))
    .toEqual([[["images"], null], [["images"], null]]);
  const base64 = one.keyring.replaceAll(/-----.*-----|^[A-Z][a-z]+: .*$|^=.*$/gm, "").trim();
  const { armored, keys: [same] } = await readKeyring(base64);
  expect(armored).toContain("BEGIN PGP PUBLIC KEY BLOCK");
  expect(same?.fingerprint).toBe(keys[0]?.fingerprint);
  for (
    const [text, why] of [["", /cannot be used/], ["nonsense!", /cannot be used/], [
      one.privateKey,
      /private/,
    ]]
  ) {
    await expect(readKeyring(text as string)).rejects.toThrow(why as RegExp);
  }
});
