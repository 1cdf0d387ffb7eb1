import { expect, test } from "vitest";
import { hex } from "@/test/hex.ts";
import { CIPHER_SUITES } from "./cipher_suites.ts";
import {
  rakp2AuthCode,
  rakp3AuthCode,
  rakp4CheckValue,
  type RakpExchange,
  sameBytes,
  sessionIntegrityKey,
  sessionKeys,
} from "./rakp_keys.ts";

const text = (value: string) => new TextEncoder().encode(value);
const admin = { role: 0x14, username: text("admin"), userKey: text("secret123") };

// Every expected value below was computed and printed by ipmitool 1.8.19 (-vvvv), not by this code.

/** A login to OpenIPMI's simulator with cipher suite 3. */
const suite3: RakpExchange = {
  ...admin,
  suite: CIPHER_SUITES[3],
  consoleSessionId: 0xa0a2a3a4,
  bmcSessionId: 0x00000e82,
  consoleRandom: hex("b455d10a7ba854081861125b8479b339"),
  bmcRandom: hex("bf422582fa98eed008cbe2b678ca591f"),
  bmcGuid: hex("a123456789abcdefa123456789000001"),
};

test("cipher suite 3 derives what ipmitool derives", () => {
  expect(rakp2AuthCode(suite3)).toEqual(hex("98775acd987814c55f0296a0c9202a78ac22cfa8"));
  expect(rakp3AuthCode(suite3)).toEqual(hex("2eee7c85b34912b7ae361ada19e704bfcc6a6a1f"));
  expect(sessionIntegrityKey(suite3)).toEqual(hex("447721076cac475911c4b645a45570f9f395bccb"));
  expect(rakp4CheckValue(suite3)).toEqual(hex("641bc69119f358c1bfa95a74"));
  expect(sessionKeys(suite3)).toEqual({
    suite: CIPHER_SUITES[3],
    integrityKey: hex("d12648dd0992b574a6e115839dfe9f659095796c"),
    encryptionKey: hex("832ebbaf3af184eed7abdcadc22674a0"), // the first 16 of K2's 20 bytes
  });
});

/** A login with cipher suite 17 and K_g "mykg". */
const suite17: RakpExchange = {
  ...admin,
  suite: CIPHER_SUITES[17],
  bmcKey: text("mykg"),
  consoleSessionId: 0xa0a2a3a4,
  bmcSessionId: 0x01020302,
  consoleRandom: hex("6d582a62e5e5c8f2cf2c45a1f6611596"),
  bmcRandom: hex("fc9b6486573bbcb39d26919f5f5e8d9f"),
  bmcGuid: hex("a0a1a2a3a4a5a6a7a8a9aaabacadaeaf"),
};

test("cipher suite 17 with K_g derives what ipmitool derives", () => {
  expect(rakp2AuthCode(suite17)).toEqual(
    hex("cfbf3aa3ca74664bb11b42764287e8a06bae71e6a24785433877c4c934048fc8"),
  );
  expect(rakp3AuthCode(suite17)).toEqual(
    hex("cb828f0208df516d698cbfe731f644bfca1262fc03e15d22995285a4e24df00d"),
  );
  expect(sessionIntegrityKey(suite17)).toEqual(
    hex("da824e8b04e3ba9e560c55caa188db25a11f35c181c989ea8ff6a1d9240d4c1e"),
  );
  expect(rakp4CheckValue(suite17)).toEqual(hex("0445e5989db25688b41f5e2c713c759e"));
  expect(sessionKeys(suite17)).toEqual({
    suite: CIPHER_SUITES[17],
    integrityKey: hex("127b635d8fc1701791e7a2a268f2a6e7076f5e054d5e3016675844ba51e66c28"),
    encryptionKey: hex("e5e0be2c18283703d39c2402e6670395"),
  });
});

test("K_g changes the session keys and leaves the password's proofs alone", () => {
  const without = { ...suite17, bmcKey: undefined };
  expect(rakp2AuthCode(without)).toEqual(rakp2AuthCode(suite17));
  expect(sessionKeys(without).integrityKey).not.toEqual(sessionKeys(suite17).integrityKey);
});

test("sameBytes() compares length and content", () => {
  expect(sameBytes(hex("aabb"), hex("aabb"))).toBe(true);
  expect(sameBytes(hex("aabb"), hex("aabc"))).toBe(false);
  expect(sameBytes(hex("aabb"), hex("aa"))).toBe(false);
});
