import { describe, expect, test } from "vitest";
import { isForbiddenHost } from "./outbound_url.ts";
import { checkWebhookUrl, retryDelayMs } from "./webhook_rules.ts";

describe("checkWebhookUrl()", () => {
  const refused = [
    ...["", "x", "ftp://a.example/", "http://a.example/", "https://u:p@a.example/"],
    ...["https://localhost/", "https://127.1/", "https://2130706433/", "https://0x7f000001/"],
    ...[
      "https://[::1]/",
      "https://[::ffff:127.0.0.1]/",
      "https://169.254.169.254/latest",
      "https://224.0.0.1/",
    ],
    ...["https://[fe80::1]/", "https://0/", "https://x.localhost./", "https://a.example/#b"],
  ];
  for (const url of refused) {
    test(`refuses ${url}`, () => {
      expect(() => checkWebhookUrl(url, [])).toThrow("events cannot be sent there");
    });
  }

  test("takes https to others, private networks among them", () => {
    for (const url of ["https://a.example:8443/x?y=1", "https://10.0.0.7/", "https://[fd00::1]/"]) {
      expect(checkWebhookUrl(url, []).protocol).toBe("https:");
    }
  });

  test("takes what is allowed by name", () => {
    expect(checkWebhookUrl("http://127.0.0.1:9000/", ["127.0.0.1:9000"]).port).toBe("9000");
    expect(() => checkWebhookUrl("http://127.0.0.1:9001/", ["127.0.0.1:9000"])).toThrow("http");
  });
});

test("isForbiddenHost() knows addresses as a resolver writes them", () => {
  expect(["::1", "127.0.0.53", "169.254.1.1", "fe80::5"].every(isForbiddenHost)).toBe(true);
  expect(["10.0.0.1", "2001:db8::1", "a.example"].some(isForbiddenHost)).toBe(false);
});

test("retryDelayMs() grows fourfold to six hours, spread by a fifth", () => {
  expect([1, 2, 3, 12].map((n) => retryDelayMs(n, 0.5))).toEqual([10e3, 40e3, 160e3, 21_600e3]);
  expect([retryDelayMs(1, 0), retryDelayMs(1, 1)]).toEqual([8000, 12_000]);
});
