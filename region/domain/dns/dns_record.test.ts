import { describe, expect, test } from "vitest";
import * as fc from "fast-check";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { RECORD_TYPES, type RecordType } from "@/shared/net/dns_record_type.ts";
import { DOMAIN_CHARS_MAX, parseDomainName } from "./dns_name.ts";
import { formatData, parseRecord, writtenData } from "./dns_record.ts";

const DOMAIN = "lab.example";
const parse = (type: RecordType, data: string, name = "www") =>
  parseRecord({ name, type, data }, DOMAIN);

/** What is said to whoever sends this. */
function refusal(work: () => unknown): DomainError {
  try {
    work();
  } catch (error) {
    if (error instanceof DomainError) return error;
    throw error;
  }
  throw new Error("it was accepted");
}

describe("parseRecord()", () => {
  const sha1 = "0123456789abcdef0123456789abcdef01234567";
  const good: [type: RecordType, data: string, stored: string, name?: string][] = [
    ["A", " 192.0.2.10 ", "192.0.2.10"],
    ["AAAA", "2001:DB8:0:0::10", "2001:db8::10"],
    ["CNAME", "Web1", "web1.lab.example."],
    ["CNAME", "www.example.com", "www.example.com."],
    ["CNAME", "www.example.com.", "www.example.com."],
    ["CNAME", "@", "lab.example."],
    ["CNAME", "x.acme.example.net", "x.acme.example.net.", "_acme-challenge"],
    ["MX", "10 mail", "10 mail.lab.example.", "@"],
    ["MX", "0\t.", "0 .", "@"],
    ["NS", "ns1.example.com", "ns1.example.com.", "@"],
    ["SRV", "0 5 389 ldap.example.com", "0 5 389 ldap.example.com.", "_ldap._tcp"],
    ["SRV", "0 0 0 .", "0 0 0 .", "_imap._tcp.office"],
    ["SSHFP", `4 1 ${sha1.toUpperCase()}`, `4 1 ${sha1}`],
    [
      "SSHFP",
      `4 2 ${"ab".repeat(16)} ${"cd".repeat(16)}`,
      `4 2 ${"ab".repeat(16)}${"cd".repeat(16)}`,
    ],
    ["TXT", "v=spf1 -all", "v=spf1 -all", "_dmarc"],
    ["TXT", '"v=spf1" " -all"', "v=spf1 -all"],
    ["TXT", '"a\\"b\\\\c\\059d"', 'a"b\\c;d'],
    ["TXT", "grüße", "grüße"],
  ];
  test.each(good)("takes %s %s as %s", (type, data, stored, name) => {
    expect(parse(type, data, name).data).toBe(stored);
    // What is stored is taken again, and stays as it is.
    const again = writtenData({ type, data: stored });
    expect(parse(type, again, name).data).toBe(stored);
  });

  const wrong: [type: RecordType, data: string, accepted: string][] = [
    ["A", "192.0.2.256", "192.0.2.10"],
    ["A", "2001:db8::1", "an IPv4 address"],
    ["AAAA", "192.0.2.1", "2001:db8::10"],
    ["CNAME", "a b", "a name such as www.example.com"],
    ["CNAME", "a..b", "a name such as"],
    ["CNAME", "", "a name such as"],
    ["CNAME", `${"a".repeat(64)}.example`, "a name such as"],
    ["CNAME", `${"a.".repeat(128)}`, "a name such as"],
    ["MX", "mail.example.com", "10 mail.example.com"],
    ["MX", "65536 mail.example.com", "lower goes first"],
    ["MX", "10 mail.example.com extra", "lower goes first"],
    ["MX", "1 .", "RFC 7505"],
    ["SSHFP", `5 1 ${sha1}`, "4 Ed25519"],
    ["SSHFP", `4 2 ${sha1}`, "40 or 64 hexadecimal digits"],
    ["SSHFP", `4 1 ${sha1.slice(1)}g`, "ssh-keygen -r"],
    ["TXT", "a\nb", "without control characters"],
    ["TXT", '"a', "in quotes as in a zone file"],
    ["TXT", '"a" b', "in quotes as in a zone file"],
    ["TXT", '"\\320"', "in quotes as in a zone file"],
    ["TXT", '"\\255"', "in quotes as in a zone file"],
    ["TXT", '""', "1 to 4000 bytes"],
    ["TXT", "a".repeat(4001), "1 to 4000 bytes"],
  ];
  test.each(wrong)("refuses %s %s and says what it takes", (type, data, accepted) => {
    const error = refusal(() => parse(type, data));
    expect(error).toMatchObject({ kind: "invalid_input", code: "dns_record.bad_data" });
    expect(error.field).toBe("data");
    expect(error.message).toContain(accepted);
  });

  test("refuses SRV with a number too large or too little said", () => {
    for (const data of ["0 5 389", "0 5 65536 ldap", "0 -1 389 ldap", "0 5 389 ldap x"]) {
      const error = refusal(() => parse("SRV", data, "_ldap._tcp"));
      expect(error.message).toContain("priority, weight, port and target");
    }
  });

  const names: [type: RecordType, name: string, stored: string][] = [
    ["A", "WWW", "www"],
    ["A", "lab.example", "@"],
    ["A", "lab.example.", "@"],
    ["A", "www.lab.example.", "www"],
    ["A", "*", "*"],
    ["A", "*.apps", "*.apps"],
    ["A", "a.b.c", "a.b.c"],
    ["TXT", "_dmarc", "_dmarc"],
    ["A", "x".repeat(63), "x".repeat(63)],
  ];
  test.each(names)("names %s %s %s", (type, name, stored) => {
    const data = type === "A" ? "192.0.2.1" : "text";
    expect(parse(type, data, name).name).toBe(stored);
  });

  const badNames: [type: RecordType, name: string, accepted: string][] = [
    ["A", "_ssh", "1 to 63 of a-z, 0-9 and -"],
    ["A", "-a", "1 to 63"],
    ["A", "a-", "1 to 63"],
    ["A", "a..b", "1 to 63"],
    ["A", "", "1 to 63"],
    ["A", "x".repeat(64), "1 to 63"],
    ["A", "a.*", "*.apps"],
    ["A", "a*", "*.apps"],
    ["A", "@.a", "@ for the domain itself"],
    ["A", `${"a.".repeat(121)}b`, "253 characters with lab.example behind it"],
    ["NS", "*", "without *"],
    ["SRV", "@", "_ldap._tcp"],
    ["SRV", "ldap._tcp", "_sip._udp.office"],
    ["SRV", "_ldap", "a service and a protocol"],
  ];
  const dataOf = { A: "192.0.2.1", NS: "ns.example.com", SRV: "0 0 1 a" } as const;
  test.each(badNames)("refuses the name %s %s", (type, name, accepted) => {
    const error = refusal(() => parse(type, dataOf[type as "A"], name));
    expect(error).toMatchObject({ code: "dns_record.bad_name", field: "name" });
    expect(error.message).toContain(accepted);
  });

  test("writes out another script's A-labels for who typed it", () => {
    expect(refusal(() => parse("A", "192.0.2.1", "büro")).message)
      .toMatch(/in DNS this name is written xn--bro-hoa$/);
  });

  test("takes or refuses anything, and what it takes it takes again unchanged", () => {
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.stringMatching(/^[a-z0-9._*@" \\-]{0,40}$/),
      fc.ipV6(),
      fc.ipV4(),
    );
    fc.assert(fc.property(fc.constantFrom(...RECORD_TYPES), text, text, (type, name, data) => {
      let first;
      try {
        first = parseRecord({ name, type, data }, DOMAIN);
      } catch (error) {
        expect(error).toBeInstanceOf(DomainError);
        return;
      }
      expect(formatData(first)).not.toMatch(/[\n\r]/);
      expect(parseRecord({ ...first, data: writtenData(first) }, DOMAIN)).toEqual(first);
    }));
  });
});

describe("formatData()", () => {
  test("cuts text into strings of 255 bytes and escapes what a zone file would read otherwise", () => {
    expect(formatData({ type: "TXT", data: 'say "hi" \\o/' })).toBe('"say \\"hi\\" \\\\o/"');
    expect(formatData({ type: "TXT", data: "é" })).toBe('"\\195\\169"');
    const strings = formatData({ type: "TXT", data: "x".repeat(600) }).split(" ");
    expect(strings.map(({ length }) => length - 2)).toEqual([255, 255, 90]);
  });
});

describe("parseDomainName()", () => {
  test.each([["Example.COM.", "example.com"], ["lab", "lab"], [
    "xn--bro-hoa.example",
    "xn--bro-hoa.example",
  ]])(
    "takes %s as %s",
    (text, name) => expect(parseDomainName(text)).toBe(name),
  );

  const long = `${"a".repeat(63)}.${"b".repeat(63)}.${"c".repeat(61)}`;
  test("has room for a host name before it", () => {
    expect(long.length).toBe(DOMAIN_CHARS_MAX);
    expect(parseDomainName(long)).toBe(long);
    expect(refusal(() => parseDomainName(`${long}c`)).code).toBe("domain.bad_name");
  });

  test.each([
    ["", "1 to 63 long"],
    ["a..b", "1 to 63 long"],
    [".example", "1 to 63 long"],
    ["a_b.example", "a-z, 0-9 and -"],
    ["-a.example", "a-z, 0-9 and -"],
    ["example.42", "such as rack1.example.com"],
    ["2.0.192.in-addr.arpa", "/api/v1/subnets/{subnetId}/reverse-zones"],
    ["büro.example", "written xn--bro-hoa.example"],
    ["a".repeat(64), "1 to 63 long"],
  ])("refuses %s", (text, said) => {
    const error = refusal(() => parseDomainName(text));
    expect(error).toMatchObject({ kind: "invalid_input", code: "domain.bad_name", field: "name" });
    expect(error.message).toContain(said);
  });
});
