import { DomainError } from "@/shared/errors/domain_error.ts";

/** For a domain's name that is none. */
export function badDomain(value: string, accepted: string): DomainError {
  return bad({ code: "domain.bad_name", field: "name", value, accepted });
}

/** For a record's name that its type does not take. */
export function badName(value: string, accepted: string): DomainError {
  return bad({ code: "dns_record.bad_name", field: "name", value, accepted });
}

/** For data that a record's type does not take. */
export function badData(value: string, accepted: string): DomainError {
  return bad({ code: "dns_record.bad_data", field: "data", value, accepted });
}

/** A refusal that shows what was seen, what is accepted and, for other scripts, the A-labels. */
function bad(
  fault: { code: string; field: string; value: string; accepted: string },
): DomainError {
  const value = fault.value.slice(0, 64);
  const hint = asciiOf(fault.value);
  const message = `${fault.field} is "${value}"; it takes ${fault.accepted}` +
    (hint === undefined ? "" : `; in DNS this name is written ${hint}`);
  return new DomainError({ kind: "invalid_input", ...fault, value, message });
}

/** The name as IDNA writes it, where that is another spelling. */
function asciiOf(text: string): string | undefined {
  // deno-lint-ignore no-control-regex -- ASCII as a whole is what is meant
  if (/^[\x00-\x7f]*$/.test(text) || !/^[\p{L}\p{N}\p{M}.-]+$/u.test(text)) return undefined;
  return URL.parse(`http://${text}`)?.hostname;
}
