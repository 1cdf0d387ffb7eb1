import { badData, badDomain, badName } from "./refusals.ts";

/** RFC 1035 §2.3.4: 255 bytes on the wire are 253 characters without the dot at the end. */
const NAME_CHARS_MAX = 253;
/** Leaves room for a host name of 63 characters before it. */
export const DOMAIN_CHARS_MAX = 189;

/** RFC 1123 §2.1. */
const HOST_LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
/** With the underscores of RFC 8552. */
const ANY_LABEL = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/;

/** What a record's name may consist of. `service` is that of SRV: `_ldap._tcp`. */
export type NameRule = "host" | "any" | "service";

/** The name of a domain in the one spelling it has here: lower case, no dot at the end. */
export function parseDomainName(text: string): string {
  const name = text.trim().toLowerCase().replace(/\.$/, "");
  const labels = name.split(".");
  const accepted = "a domain name such as rack1.example.com: labels of a-z, 0-9 and -, 1 to 63 " +
    `long, ${DOMAIN_CHARS_MAX} characters in all`;
  const isName = labels.every((label) => HOST_LABEL.test(label)) &&
    name.length <= DOMAIN_CHARS_MAX && !/^\d+$/.test(labels.at(-1) ?? "");
  if (!isName) throw badDomain(text, accepted);
  if (labels.at(-1) !== "arpa") return name;
  throw badDomain(
    text,
    "no name below arpa: reverse zones are made of the subnets, see " +
      "/api/v1/subnets/{subnetId}/reverse-zones",
  );
}

/**
 * The name of a record below its domain: `@`, `www`, `*.apps`; the complete name does as well.
 *
 * Throws `invalid_input` that says what is accepted for this rule.
 */
export function parseRecordName(text: string, domain: string, rule: NameRule): string {
  const name = belowDomain(text, domain);
  const accepted = ACCEPTED[rule];
  if (name !== "@" && !fitsRule(name.split("."), rule)) throw badName(text, accepted);
  if (name === "@" && rule === "service") throw badName(text, accepted);
  if (completeName(name, domain).length > NAME_CHARS_MAX) {
    throw badName(text, `${NAME_CHARS_MAX} characters with ${domain} behind it`);
  }
  return name;
}

const ACCEPTED: Readonly<Record<NameRule, string>> = {
  host: "@ for the domain itself, or labels such as www, a.b or *.apps: 1 to 63 of a-z, 0-9 and -",
  any: "@ for the domain itself, or labels such as www, _acme-challenge or *.apps: 1 to 63 of " +
    "a-z, 0-9, _ and -",
  service: "a service and a protocol, such as _ldap._tcp or _sip._udp.office (RFC 2782)",
};

function belowDomain(text: string, domain: string): string {
  const name = text.trim().toLowerCase().replace(/\.$/, "");
  if (name === domain) return "@";
  return name.endsWith(`.${domain}`) ? name.slice(0, -domain.length - 1) : name;
}

function fitsRule(labels: readonly string[], rule: NameRule): boolean {
  if (rule === "service") {
    const [service = "", protocol = "", ...rest] = labels;
    return [service, protocol].every((label) => label.startsWith("_") && ANY_LABEL.test(label)) &&
      rest.every((label) => HOST_LABEL.test(label));
  }
  // RFC 4592 §2.1.1: only a whole first label is a wildcard.
  const plain = labels[0] === "*" ? labels.slice(1) : labels;
  const label = rule === "host" ? HOST_LABEL : ANY_LABEL;
  return plain.every((each) => label.test(each));
}

/**
 * The name that a record points to, complete and with the dot at the end.
 *
 * A name with a dot in it is complete as it is; one without lies in the domain; `@` is the domain.
 */
export function parseTarget(text: string, domain: string): string {
  const given = text.toLowerCase();
  const name = given === "@"
    ? domain
    : given.includes(".")
    ? given.replace(/\.$/, "")
    : `${given}.${domain}`;
  const isName = name.split(".").every((label) => ANY_LABEL.test(label)) &&
    name.length <= NAME_CHARS_MAX;
  if (isName) return `${name}.`;
  throw badData(text, `a name such as www.example.com, or www for www.${domain}`);
}

/** `www` of `example.com` is `www.example.com`; `@` is `example.com`. */
export function completeName(name: string, domain: string): string {
  return name === "@" ? domain : `${name}.${domain}`;
}
