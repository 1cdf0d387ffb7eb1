import { DomainError } from "@/shared/errors/domain_error.ts";
import {
  CIPHER_SUITE_IDS,
  CIPHER_SUITES,
  type CipherSuite,
  type CipherSuiteId,
} from "../../wire/ipmi/cipher_suites.ts";
import { PRIVILEGE, type PrivilegeName } from "../../wire/ipmi/commands/ipmi_command.ts";
import { USERNAME_BYTES_MAX } from "../../wire/ipmi/rakp.ts";
import { KEY_BYTES_MAX } from "../../wire/ipmi/rakp_keys.ts";
import { V15_PASSWORD_BYTES } from "../../wire/ipmi/v15_signature.ts";

/** How to log in to one BMC by IPMI over LAN, as an operator enters it. */
export interface IpmiLogin {
  readonly address: string;
  readonly port?: number; // UDP, 623 when absent
  readonly username: string;
  readonly password: string;
  readonly cipherSuite?: CipherSuiteId; // 3 when absent: every IPMI 2.0 BMC has it
  /** K_g, the BMC's own key, as text or as `0x` and hex digits; absent on nearly every BMC. */
  readonly kg?: string;
  readonly privilege?: PrivilegeName; // operator when absent: enough for power
  /** 1.5 only by choice, for BMCs that know no better: nothing is encrypted. 2.0 when absent. */
  readonly version?: "1.5" | "2.0";
  /** Permits a cipher suite whose packets anybody can forge, such as 0. False when absent. */
  readonly allowUnsafe?: boolean;
}

/** A login that was checked: the byte strings fit the protocol. Never print one. */
export interface CheckedLogin {
  readonly where: string; // for messages: the address, and the port if unusual
  readonly username: string;
  readonly usernameBytes: Uint8Array;
  readonly userKey: Uint8Array;
  readonly bmcKey: Uint8Array | undefined;
  readonly suiteId: CipherSuiteId;
  readonly suite: CipherSuite;
  readonly privilegeName: PrivilegeName;
  readonly privilege: number;
  readonly version: "1.5" | "2.0";
}

export const IPMI_PORT = 623; // IPMI 2.0 §13.1.2

/** Checks what an operator entered. DomainErrors name the field, never a secret's value. */
export function checkLogin(login: IpmiLogin): CheckedLogin {
  const port = login.port ?? IPMI_PORT;
  const suiteId = login.cipherSuite ?? 3;
  const privilegeName = login.privilege ?? "operator";
  const version = login.version ?? "2.0";
  const passwordBytesMax = version === "1.5" ? V15_PASSWORD_BYTES : KEY_BYTES_MAX;
  return {
    where: port === IPMI_PORT ? login.address : `${login.address} (UDP port ${port})`,
    username: login.username,
    usernameBytes: textBytes("username", login.username, USERNAME_BYTES_MAX),
    userKey: textBytes("password", login.password, passwordBytesMax),
    bmcKey: login.kg ? keyBytes(login.kg) : undefined,
    suiteId,
    suite: checkSuite(suiteId, login.allowUnsafe ?? false),
    privilegeName,
    privilege: PRIVILEGE[privilegeName],
    version,
  };
}

/** Refuses what is not to be used, and says what is. */
function checkSuite(id: CipherSuiteId, allowUnsafe: boolean): CipherSuite {
  const suite: CipherSuite | undefined = CIPHER_SUITES[id];
  const safe = CIPHER_SUITE_IDS.filter((each) => CIPHER_SUITES[each].use === "safe").join(", ");
  if (!suite) throw cipherUnusable(`there is no cipher suite ${id}; choose one of ${safe}`);
  const named = `cipher suite ${id} (${suite.name})`;
  switch (suite.use) {
    case "safe":
      return suite;
    case "unsupported":
      throw cipherUnusable(`${named} is not supported; choose one of ${safe}`);
    case "unsafe":
      if (allowUnsafe) return suite;
      throw cipherUnusable(
        `${named} lets anybody on the network command the BMC; choose one of ${safe}, or permit ` +
          `unsafe suites for this BMC`,
      );
  }
}

function cipherUnusable(message: string): DomainError {
  const field = "cipherSuite";
  return new DomainError({ kind: "invalid_input", code: "bmc.cipher_unusable", message, field });
}

function keyBytes(kg: string): Uint8Array {
  const digits = /^0x((?:[0-9a-f]{2})+)$/i.exec(kg)?.[1];
  if (digits === undefined) return textBytes("kg", kg, KEY_BYTES_MAX);
  const bytes = Uint8Array.from(digits.match(/../g) ?? [], (pair) => parseInt(pair, 16));
  return checkLength("kg", bytes, KEY_BYTES_MAX);
}

function textBytes(field: string, text: string, bytesMax: number): Uint8Array {
  return checkLength(field, new TextEncoder().encode(text), bytesMax);
}

function checkLength(field: string, bytes: Uint8Array, bytesMax: number): Uint8Array {
  if (bytes.length <= bytesMax) return bytes;
  throw new DomainError({
    kind: "invalid_input",
    code: "bmc.login_malformed",
    message: `IPMI allows ${bytesMax} bytes for the ${field}; this one has ${bytes.length}`,
    field,
  });
}
