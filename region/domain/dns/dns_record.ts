import type { RecordType } from "@/shared/net/dns_record_type.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { parseIpv4 } from "@/shared/net/ipv4.ts";
import { parseIpv6 } from "@/shared/net/ipv6.ts";
import { type NameRule, parseRecordName, parseTarget } from "./dns_name.ts";
import { badData, badName } from "./refusals.ts";
import { formatText, parseText } from "./text_data.ts";

/** What a record says, as people write it and as it is stored. */
export interface RecordContent {
  /** Below its domain; `@`: the domain itself. */
  readonly name: string;
  readonly type: RecordType;
  readonly data: string;
}

interface TypeRule {
  readonly name: NameRule;
  /** The data in its one spelling. */
  readonly parse: (data: string, domain: string) => string;
}

/** What each type's name and data must be. */
const RULES: Readonly<Record<RecordType, TypeRule>> = {
  A: { name: "host", parse: address("an IPv4 address such as 192.0.2.10", parseIpv4) },
  AAAA: { name: "host", parse: address("an IPv6 address such as 2001:db8::10", parseIpv6) },
  CNAME: { name: "any", parse: (data, domain) => parseTarget(data.trim(), domain) },
  MX: { name: "host", parse: parseMx },
  NS: { name: "host", parse: (data, domain) => parseTarget(data.trim(), domain) },
  SRV: { name: "service", parse: parseSrv },
  SSHFP: { name: "host", parse: parseSshfp },
  TXT: { name: "any", parse: parseText },
};

/**
 * Checks a record and brings it into its one spelling.
 *
 * Throws `invalid_input` naming `name` or `data`, with what was seen and what is accepted.
 */
export function parseRecord(record: RecordContent, domain: string): RecordContent {
  const { type } = record;
  const rule = RULES[type];
  const name = parseRecordName(record.name, domain, rule.name);
  if (type === "NS" && name.startsWith("*")) {
    const accepted = "a name without *: what is below a wildcard cannot be given away (RFC 4592)";
    throw badName(record.name, accepted);
  }
  return { name, type, data: rule.parse(record.data, domain) };
}

/** The data as a zone file has it. */
export function formatData({ type, data }: Pick<RecordContent, "type" | "data">): string {
  return type === "TXT" ? formatText(data) : data;
}

/** The data as people may write it: of TXT the text, in quotes where it would be read as such. */
export function writtenData(record: Pick<RecordContent, "type" | "data">): string {
  return record.type === "TXT" && record.data.startsWith('"') ? formatData(record) : record.data;
}

function address(accepted: string, parse: (text: string) => string): TypeRule["parse"] {
  return (data) => {
    try {
      return parse(data.trim());
    } catch (error) {
      if (error instanceof DomainError) throw badData(data, accepted);
      throw error;
    }
  };
}

/** RFC 1035 §3.3.9; `0 .` says that the name takes no mail, RFC 7505. */
function parseMx(data: string, domain: string): string {
  const accepted = "a preference and a mail server, such as 10 mail.example.com; lower goes first";
  const [preference, target, ...more] = words(data);
  if (preference === undefined || target === undefined || more.length > 0) {
    throw badData(data, accepted);
  }
  const number = integer(preference, 2 ** 16 - 1);
  if (number === undefined) throw badData(data, accepted);
  if (target !== ".") return `${number} ${parseTarget(target, domain)}`;
  if (number !== 0) throw badData(data, "0 . for a name that takes no mail (RFC 7505)");
  return "0 .";
}

/** RFC 2782; the target `.` says that there is no such service. */
function parseSrv(data: string, domain: string): string {
  const accepted = "priority, weight, port and target, such as 0 5 389 ldap.example.com";
  const [target, ...more] = words(data).slice(3);
  const numbers = words(data).slice(0, 3).map((word) => integer(word, 2 ** 16 - 1));
  if (target === undefined || more.length > 0 || numbers.includes(undefined)) {
    throw badData(data, accepted);
  }
  return `${numbers.join(" ")} ${target === "." ? "." : parseTarget(target, domain)}`;
}

/** IANA's DNS SSHFP parameters: RSA, DSA, ECDSA, Ed25519, Ed448. */
const SSHFP_ALGORITHMS = [1, 2, 3, 4, 6];
/** Hexadecimal digits of each digest: 1 is SHA-1 (RFC 4255), 2 is SHA-256 (RFC 6594). */
const SSHFP_DIGITS: ReadonlyMap<number, number> = new Map([[1, 40], [2, 64]]);

function parseSshfp(data: string): string {
  const accepted = "algorithm (1 RSA, 2 DSA, 3 ECDSA, 4 Ed25519, 6 Ed448), digest (1 SHA-1, " +
    "2 SHA-256) and the digest's 40 or 64 hexadecimal digits, as `ssh-keygen -r` prints them";
  const [algorithmText = "", kindText = "", ...parts] = words(data);
  const algorithm = integer(algorithmText, 255);
  const kind = integer(kindText, 255);
  const digest = parts.join("").toLowerCase(); // tools break it into pieces
  const isKnown = algorithm !== undefined && SSHFP_ALGORITHMS.includes(algorithm) &&
    digest.length === SSHFP_DIGITS.get(kind ?? 0) && /^[0-9a-f]+$/.test(digest);
  if (!isKnown) throw badData(data, accepted);
  return `${algorithm} ${kind} ${digest}`;
}

function words(data: string): string[] {
  return data.trim().split(/[ \t]+/);
}

function integer(text: string, max: number): number | undefined {
  const value = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  return value <= max ? value : undefined;
}
