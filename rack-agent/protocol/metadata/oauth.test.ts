import fc from "fast-check";
import { expect, test } from "vitest";
import { parseOauthHeader } from "./oauth.ts";

// As cloud-init 22.4 sends it (python3-oauthlib, PLAINTEXT).
const HEADER = 'OAuth oauth_nonce="111", oauth_timestamp="1767225600", oauth_version="1.0", ' +
  'oauth_signature_method="PLAINTEXT", oauth_consumer_key="ck", oauth_token="tk", ' +
  'oauth_signature="%26s%2Fecret"';

test("parseOauthHeader() reads what cloud-init sends", () => {
  expect(parseOauthHeader(HEADER)).toEqual({
    consumerKey: "ck",
    tokenKey: "tk",
    tokenSecret: "s/ecret",
  });
});

test.each([
  [null],
  [""],
  ["Bearer abc"],
  [HEADER.replace("PLAINTEXT", "HMAC-SHA1")],
  [HEADER.replace("%26s%2Fecret", "consumer%26secret")],
  [HEADER.replace("%26s%2Fecret", "%26")],
  [HEADER.replace("%26s%2Fecret", "%2")],
  [HEADER + "x".repeat(3000)],
])("parseOauthHeader() takes no credentials from %s", (header) => {
  expect(parseOauthHeader(header)).toBeUndefined();
});

test("parseOauthHeader() survives noise", () => {
  fc.assert(fc.property(fc.string(), (noise) => {
    parseOauthHeader(`OAuth ${noise}`);
  }));
});
