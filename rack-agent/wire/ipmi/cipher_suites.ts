/**
 * The cipher suites this client uses, IPMI 2.0 table 22-20 and its errata 4 for suite 17.
 *
 * To add one with AES-CBC-128, add a line. Suites without integrity or encryption are left out on
 * purpose: suite 0 lets anybody in without a password.
 */
export const CIPHER_SUITES = {
  3: {
    authentication: 0x01, // RAKP-HMAC-SHA1, table 13-17
    integrity: 0x01, // HMAC-SHA1-96, table 13-18
    confidentiality: 0x01, // AES-CBC-128, table 13-19
    hash: "sha1",
    hashBytes: 20,
    signatureBytes: 12, // of every packet and of RAKP message 4
  },
  17: {
    authentication: 0x03, // RAKP-HMAC-SHA256
    integrity: 0x04, // HMAC-SHA256-128
    confidentiality: 0x01,
    hash: "sha256",
    hashBytes: 32,
    signatureBytes: 16,
  },
} as const;

export type CipherSuiteId = keyof typeof CIPHER_SUITES;
export type CipherSuite = (typeof CIPHER_SUITES)[CipherSuiteId];
