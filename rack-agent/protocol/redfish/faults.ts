import { DomainError, type DomainErrorKind } from "@/shared/errors/domain_error.ts";
import { readExtendedInfo } from "./extended_info.ts";
import { type RedfishLogin, whereOf } from "./login.ts";
import type { RedfishAnswer, RedfishRequest } from "./message.ts";

/** Every error about a BMC spoken to by Redfish, and what the caller can do about it. */
const KINDS = {
  "bmc.wrong_password": "invalid_input",
  "bmc.no_privilege": "invalid_input",
  "bmc.busy": "unavailable",
  "bmc.not_now": "conflict",
  "bmc.command_failed": "conflict",
  "bmc.not_redfish": "invalid_input",
  "bmc.not_offered": "invalid_input",
  "bmc.several_systems": "invalid_input",
  "bmc.no_system": "invalid_input",
  "bmc.redirected": "invalid_input",
  "bmc.answer_unreadable": "unavailable",
  "bmc.too_many_pages": "unavailable",
} as const satisfies Record<string, DomainErrorKind>;
export type RedfishFaultCode = keyof typeof KINDS;

/** An error about one BMC; `sentence` goes on after "the BMC at …" and holds no secret. */
export function redfishFault(
  login: RedfishLogin,
  code: RedfishFaultCode,
  sentence: string,
  more: { value?: string; accepted?: string } = {},
): DomainError {
  const message = withoutSecrets(login, `the BMC at ${whereOf(login)} ${sentence}`);
  const value = more.value === undefined ? undefined : withoutSecrets(login, more.value);
  return new DomainError({ kind: KINDS[code], code, message, ...more, value });
}

/** A BMC may repeat in an error what it was sent. */
function withoutSecrets({ password }: RedfishLogin, text: string): string {
  return password === "" ? text : text.replaceAll(password, "•••");
}

export function wrongPassword(login: RedfishLogin): DomainError {
  return redfishFault(
    login,
    "bmc.wrong_password",
    `refuses user "${login.username}" with this password; correct one of them here or in the BMC`,
  );
}

/** An answer that is an error, by its status; RFC 9110 §15 and DSP0266 §7.11. */
export function refusal(
  login: RedfishLogin,
  request: RedfishRequest,
  answer: RedfishAnswer,
): DomainError {
  const { purpose } = request;
  const said = saidBy(answer);
  switch (answer.status) {
    case 401:
      return wrongPassword(login);
    case 403:
      return redfishFault(
        login,
        "bmc.no_privilege",
        `does not let user "${login.username}" ${purpose}${said}; give the user the role Operator`,
      );
    case 409:
      return redfishFault(login, "bmc.not_now", `cannot ${purpose} in its present state${said}`);
    case 429:
    case 503:
      return redfishFault(
        login,
        "bmc.busy",
        `cannot ${purpose} now${said}; try again in a minute`,
      );
    default:
      return redfishFault(
        login,
        "bmc.command_failed",
        `refuses to ${purpose}, with HTTP status ${answer.status}${said}`,
      );
  }
}

function saidBy(answer: RedfishAnswer): string {
  const [first] = readExtendedInfo(answer.text);
  return first?.message ? ` ("${first.message}")` : "";
}

export function unreadable(login: RedfishLogin, purpose: string, why: string): DomainError {
  return redfishFault(
    login,
    "bmc.answer_unreadable",
    `was asked to ${purpose} and gave an answer that breaks Redfish: ${why}; update its firmware`,
  );
}
