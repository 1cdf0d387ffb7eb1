/**
 * Every cipher suite that has a number, IPMI 2.0 table 22-20 and its errata 4 for 15 to 19.
 *
 * Three numbers make a suite: authentication (table 13-17), integrity (13-18), confidentiality
 * (13-19). A suite without integrity lets anybody on the way put words in the BMC's mouth, so it is
 * `unsafe`; suite 0 lets anybody in without a password. xRC4 is decoded and never used.
 */

const AUTHENTICATION = {
  none: { code: 0x00, name: "no authentication", hash: undefined, checkBytes: 0 },
  sha1: { code: 0x01, name: "RAKP-HMAC-SHA1", hash: "sha1", checkBytes: 12 },
  md5: { code: 0x02, name: "RAKP-HMAC-MD5", hash: "md5", checkBytes: 16 },
  sha256: { code: 0x03, name: "RAKP-HMAC-SHA256", hash: "sha256", checkBytes: 16 },
} as const;

const INTEGRITY = {
  none: { code: 0x00, name: "no integrity", signing: "none", signatureBytes: 0 },
  sha1: { code: 0x01, name: "HMAC-SHA1-96", signing: "hmac", signatureBytes: 12 },
  md5: { code: 0x02, name: "HMAC-MD5-128", signing: "hmac", signatureBytes: 16 },
  keyedMd5: { code: 0x03, name: "MD5-128", signing: "keyed_md5", signatureBytes: 16 },
  sha256: { code: 0x04, name: "HMAC-SHA256-128", signing: "hmac", signatureBytes: 16 },
} as const;

const CONFIDENTIALITY = {
  none: { code: 0x00, name: "no encryption", isUsable: true },
  aes: { code: 0x01, name: "AES-CBC-128", isUsable: true },
  xrc4: { code: 0x02, name: "xRC4-128", isUsable: false },
  xrc4Short: { code: 0x03, name: "xRC4-40", isUsable: false },
} as const;

/** What a session agrees on. */
export interface CipherSuite {
  readonly authentication: number;
  readonly integrity: number;
  readonly confidentiality: number;
  /** In the specification's words, such as "RAKP-HMAC-SHA1, HMAC-SHA1-96, AES-CBC-128". */
  readonly name: string;
  /** Of every key and proof; undefined: nothing is proved. */
  readonly hash: "sha1" | "md5" | "sha256" | undefined;
  readonly checkBytes: number; // of the value in RAKP message 4
  readonly signing: "none" | "hmac" | "keyed_md5";
  readonly signatureBytes: number; // of every packet
  readonly isEncrypted: boolean;
  /**
   * `safe`: packets are signed. `unsafe`: they are not, or nobody needs a password.
   * `unsupported`: xRC4, which no BMC needs and nobody should use.
   */
  readonly use: "safe" | "unsafe" | "unsupported";
}

function suite(
  authentication: keyof typeof AUTHENTICATION,
  integrity: keyof typeof INTEGRITY,
  confidentiality: keyof typeof CONFIDENTIALITY,
): CipherSuite {
  const proof = AUTHENTICATION[authentication];
  const signature = INTEGRITY[integrity];
  const secrecy = CONFIDENTIALITY[confidentiality];
  return {
    authentication: proof.code,
    integrity: signature.code,
    confidentiality: secrecy.code,
    name: `${proof.name}, ${signature.name}, ${secrecy.name}`,
    hash: proof.hash,
    checkBytes: proof.checkBytes,
    signing: signature.signing,
    signatureBytes: signature.signatureBytes,
    isEncrypted: confidentiality !== "none",
    use: !secrecy.isUsable ? "unsupported" : integrity === "none" ? "unsafe" : "safe",
  };
}

export const CIPHER_SUITES = {
  0: suite("none", "none", "none"),
  1: suite("sha1", "none", "none"),
  2: suite("sha1", "sha1", "none"),
  3: suite("sha1", "sha1", "aes"),
  4: suite("sha1", "sha1", "xrc4"),
  5: suite("sha1", "sha1", "xrc4Short"),
  6: suite("md5", "none", "none"),
  7: suite("md5", "md5", "none"),
  8: suite("md5", "md5", "aes"),
  9: suite("md5", "md5", "xrc4"),
  10: suite("md5", "md5", "xrc4Short"),
  11: suite("md5", "keyedMd5", "none"),
  12: suite("md5", "keyedMd5", "aes"),
  13: suite("md5", "keyedMd5", "xrc4"),
  14: suite("md5", "keyedMd5", "xrc4Short"),
  15: suite("sha256", "none", "none"),
  16: suite("sha256", "sha256", "none"),
  17: suite("sha256", "sha256", "aes"),
  18: suite("sha256", "sha256", "xrc4"),
  19: suite("sha256", "sha256", "xrc4Short"),
} as const satisfies Record<number, CipherSuite>;

export type CipherSuiteId = keyof typeof CIPHER_SUITES;

/** Their numbers, in order. */
export const CIPHER_SUITE_IDS = Object.keys(CIPHER_SUITES).map(Number) as CipherSuiteId[]; // safe: the table's own keys

/** The suite with these three algorithms; undefined: none has a number (OEM ones do not). */
export function suiteOf(
  algorithms: Pick<CipherSuite, "authentication" | "integrity" | "confidentiality">,
): CipherSuiteId | undefined {
  return CIPHER_SUITE_IDS.find((id) =>
    CIPHER_SUITES[id].authentication === algorithms.authentication &&
    CIPHER_SUITES[id].integrity === algorithms.integrity &&
    CIPHER_SUITES[id].confidentiality === algorithms.confidentiality
  );
}
