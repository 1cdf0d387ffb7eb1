import { DomainError } from "@/shared/errors/domain_error.ts";
import { CIPHER_SUITES, type CipherSuiteId } from "../../wire/ipmi/cipher_suites.ts";
import { PRIVILEGE } from "../../wire/ipmi/commands/ipmi_command.ts";
import { USERNAME_BYTES_MAX } from "../../wire/ipmi/rakp.ts";
import { KEY_BYTES_MAX } from "../../wire/ipmi/rakp_keys.ts";

/** How to log in to one BMC by IPMI over LAN, as an operator enters it. */
export interface IpmiLogin {
  readonly address: string;
  readonly port?: number; // UDP, 623 when absent
  readonly username: string;
  readonly password: string;
  readonly cipherSuite?: CipherSuiteId; // 3 when absent: every IPMI 2.0 BMC has it
  /** K_g, the BMC's own key, as text or as `0x` and hex digits; absent on nearly every BMC. */
  readonly kg?: string;
  readonly privilege?: "operator" | "administrator"; // operator when absent: enough for power
}

/** A login that was checked: the byte strings fit the protocol. Never print one. */
export interface CheckedLogin {
  readonly where: string; // for messages: the address, and the port if unusual
  readonly username: string;
  readonly usernameBytes: Uint8Array;
  readonly userKey: Uint8Array;
  readonly bmcKey: Uint8Array | undefined;
  readonly suiteId: CipherSuiteId;
  readonly suite: (typeof CIPHER_SUITES)[CipherSuiteId];
  readonly privilegeName: "operator" | "administrator";
  readonly privilege: number;
}

export const IPMI_PORT = 623; // IPMI 2.0 §13.1.2

/** Checks what an operator entered. DomainError `bmc.login_malformed` names the field, not its value. */
export function checkLogin(login: IpmiLogin): CheckedLogin {
  const port = login.port ?? IPMI_PORT;
  const suiteId = login.cipherSuite ?? 3;
  const privilegeName = login.privilege ?? "operator";
  return {
    where: port === IPMI_PORT ? login.address : `${login.address} (UDP port ${port})`,
    username: login.username,
    usernameBytes: textBytes("username", login.username, USERNAME_BYTES_MAX),
    userKey: textBytes("password", login.password, KEY_BYTES_MAX),
    bmcKey: login.kg ? keyBytes(login.kg) : undefined,
    suiteId,
    suite: CIPHER_SUITES[suiteId],
    privilegeName,
    privilege: PRIVILEGE[privilegeName],
  };
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
