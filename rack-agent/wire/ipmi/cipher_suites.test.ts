import { expect, test } from "vitest";
import { CIPHER_SUITE_IDS, CIPHER_SUITES, suiteOf } from "./cipher_suites.ts";

// IPMI 2.0 table 22-20, written out by hand: authentication, integrity, confidentiality.
const TABLE: Readonly<Record<number, readonly [number, number, number]>> = {
  0: [0, 0, 0],
  1: [1, 0, 0],
  2: [1, 1, 0],
  3: [1, 1, 1],
  4: [1, 1, 2],
  5: [1, 1, 3],
  6: [2, 0, 0],
  7: [2, 2, 0],
  8: [2, 2, 1],
  9: [2, 2, 2],
  10: [2, 2, 3],
  11: [2, 3, 0],
  12: [2, 3, 1],
  13: [2, 3, 2],
  14: [2, 3, 3],
  15: [3, 0, 0],
  16: [3, 4, 0],
  17: [3, 4, 1],
  18: [3, 4, 2],
  19: [3, 4, 3],
};

test("every suite has the specification's numbers, and is found by them", () => {
  expect(CIPHER_SUITE_IDS).toEqual(Object.keys(TABLE).map(Number));
  for (const id of CIPHER_SUITE_IDS) {
    const { authentication, integrity, confidentiality } = CIPHER_SUITES[id];
    expect([authentication, integrity, confidentiality], String(id)).toEqual(TABLE[id]);
    expect(suiteOf(CIPHER_SUITES[id])).toBe(id);
  }
  expect(suiteOf({ authentication: 1, integrity: 4, confidentiality: 1 })).toBeUndefined();
});

test("what nobody signs is unsafe, and xRC4 is not supported", () => {
  const of = (use: string) => CIPHER_SUITE_IDS.filter((id) => CIPHER_SUITES[id].use === use);
  expect(of("unsafe")).toEqual([0, 1, 6, 15]);
  expect(of("unsupported")).toEqual([4, 5, 9, 10, 13, 14, 18, 19]);
  expect(of("safe")).toEqual([2, 3, 7, 8, 11, 12, 16, 17]);
});

test("a suite is named as the specification names its parts", () => {
  expect(CIPHER_SUITES[4].name).toBe("RAKP-HMAC-SHA1, HMAC-SHA1-96, xRC4-128");
  expect(CIPHER_SUITES[12].name).toBe("RAKP-HMAC-MD5, MD5-128, AES-CBC-128");
});
