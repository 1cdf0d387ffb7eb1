import { DomainError, type DomainErrorKind } from "@/shared/errors/domain_error.ts";
import { describeCompletion } from "../../wire/ipmi/completion_code.ts";
import { describeRakpStatus, type RefusalCause } from "../../wire/ipmi/rakp_status.ts";
import type { CheckedLogin } from "./login.ts";

/** Codes of every error about a BMC. Stable: consoles, facts and runbooks name them. */
export type BmcFaultCode =
  | "bmc.no_answer"
  | "bmc.wrong_password"
  | "bmc.wrong_kg"
  | "bmc.unknown_user"
  | "bmc.no_privilege"
  | "bmc.cipher_refused"
  | "bmc.too_old"
  | "bmc.busy"
  | "bmc.not_now"
  | "bmc.command_failed";

/** What the caller can do: mend the BMC's settings, wait, or re-read its state first. */
const KINDS: Readonly<Record<BmcFaultCode, DomainErrorKind>> = {
  "bmc.no_answer": "unavailable",
  "bmc.wrong_password": "invalid_input",
  "bmc.wrong_kg": "invalid_input",
  "bmc.unknown_user": "invalid_input",
  "bmc.no_privilege": "invalid_input",
  "bmc.cipher_refused": "invalid_input",
  "bmc.too_old": "invalid_input",
  "bmc.busy": "unavailable",
  "bmc.not_now": "conflict",
  "bmc.command_failed": "conflict",
};

/** An error about one BMC; `sentence` says what happened and what to do, without any secret. */
export function bmcFault(code: BmcFaultCode, sentence: string, cause?: unknown): DomainError {
  return new DomainError({ kind: KINDS[code], code, message: sentence, cause });
}

/** Nothing came back. `during`: what was asked last, once the BMC had answered before. */
export function noAnswer(login: CheckedLogin, during?: string): DomainError {
  return bmcFault(
    "bmc.no_answer",
    during === undefined
      ? `the BMC at ${login.where} does not answer; check its power and network cable, that ` +
        `IPMI over LAN is enabled in it, and that nothing blocks UDP on the way`
      : `the BMC at ${login.where} answered, then fell silent while asked to ${during}; ` +
        `if this stays so, reset the BMC`,
  );
}

export function wrongPassword(login: CheckedLogin): DomainError {
  return bmcFault(
    "bmc.wrong_password",
    `the BMC at ${login.where} has another password for user "${login.username}"; ` +
      `correct the password here or in the BMC`,
  );
}

export function unknownUser(login: CheckedLogin): DomainError {
  return bmcFault(
    "bmc.unknown_user",
    `the BMC at ${login.where} has no user "${login.username}" that may use IPMI over LAN; ` +
      `create or enable it in the BMC, or correct the name`,
  );
}

/** The password was right and the session keys still differ: only K_g is left. */
export function wrongKg(login: CheckedLogin): DomainError {
  return bmcFault(
    "bmc.wrong_kg",
    login.bmcKey
      ? `the BMC at ${login.where} has another K_g key; correct it here or in the BMC`
      : `the BMC at ${login.where} has a K_g key and none is given here; enter it`,
  );
}

export function tooOld(login: CheckedLogin): DomainError {
  return bmcFault(
    "bmc.too_old",
    `the BMC at ${login.where} speaks only IPMI 1.5; update its firmware, enable IPMI 2.0 in it, or ` +
      `choose IPMI 1.5 for it here`,
  );
}

export function cipherRefused(login: CheckedLogin, words: string): DomainError {
  return bmcFault(
    "bmc.cipher_refused",
    `the BMC at ${login.where} refuses ${
      login.version === "1.5" ? "to sign by MD5" : `cipher suite ${login.suiteId}`
    }: ${words}; choose suite ${login.suiteId === 3 ? 17 : 3} or enable this one in the BMC`,
  );
}

/** The BMC refused to open a session, with an RMCP+ or RAKP status. */
export function refusedSession(login: CheckedLogin, status: number): DomainError {
  const { words, cause } = describeRakpStatus(status);
  return REFUSALS[cause](login, words);
}

const REFUSALS: Readonly<
  Record<RefusalCause, (login: CheckedLogin, words: string) => DomainError>
> = {
  busy: (login, words) => busy(login, "open a session", words),
  lost: (login, words) => busy(login, "open a session", words),
  cipher: cipherRefused,
  privilege: (login, words) => noPrivilege(login, "open a session", words),
  unknown_user: (login) => unknownUser(login),
  wrong_password: wrongPassword,
  other: (login, words) =>
    bmcFault("bmc.command_failed", `the BMC at ${login.where} refuses to open a session: ${words}`),
};

/** The BMC answered a command with a completion code other than 0. `name`: the command's. */
export function refusedCommand(
  login: CheckedLogin,
  command: { name: string; completionCodes?: Readonly<Record<number, string>> },
  code: number,
): DomainError {
  const { words, meaning } = describeCompletion(code, command.completionCodes);
  if (meaning === "privilege") return noPrivilege(login, command.name, words);
  if (meaning === "busy") return busy(login, command.name, words);
  return bmcFault(
    meaning === "not_now" ? "bmc.not_now" : "bmc.command_failed",
    `the BMC at ${login.where} refuses to ${command.name}: ${words}`,
  );
}

/** The BMC's answer was signed by it and still made no sense. */
export function unreadableAnswer(login: CheckedLogin, name: string, cause: Error): DomainError {
  return bmcFault(
    "bmc.command_failed",
    `the BMC at ${login.where} was asked to ${name} and gave an answer that breaks IPMI 2.0: ` +
      `${cause.message}; update its firmware`,
    cause,
  );
}

export function noPrivilege(login: CheckedLogin, name: string, words: string): DomainError {
  return bmcFault(
    "bmc.no_privilege",
    `user "${login.username}" of the BMC at ${login.where} lacks the privilege to ${name} ` +
      `(logged in as ${login.privilegeName}): ${words}; raise it in the BMC, or ask for less`,
  );
}

export function busy(login: CheckedLogin, name: string, words: string): DomainError {
  return bmcFault(
    "bmc.busy",
    `the BMC at ${login.where} cannot ${name} now: ${words}; try again in a minute`,
  );
}
