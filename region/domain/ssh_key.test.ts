import { expect, test } from "vitest";
import fc from "fast-check";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { parseSshKey } from "./ssh_key.ts";

const KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGPKSUTyz1HwHReFVvD5obVsALAgJRNarH4TRpNePnAS";

test("parseSshKey separates key and comment", () => {
  expect(parseSshKey(`  ${KEY} ada lovelace@host \n`)).toEqual({
    key: KEY,
    comment: "ada lovelace@host",
  });
  expect(parseSshKey(KEY)).toEqual({ key: KEY, comment: "" });
});

test.each([
  ["", "nothing"],
  ["ssh-ed25519", "no key"],
  [KEY.replace("ssh-ed25519", "ssh-rsa"), "a type that the key is not"],
  [KEY.replace("ssh-ed25519", "ssh-dss"), "a type nobody accepts"],
  [`command="id" ${KEY}`, "options"],
  [`${KEY}\n${KEY}`, "two lines"],
  [`${KEY} a\nssh-rsa b`, "a second line behind the comment"],
  ["-----BEGIN OPENSSH PRIVATE KEY-----", "a private key"],
])("parseSshKey refuses %j: %s", (text) => {
  expect(() => parseSshKey(text)).toThrow(/not a public key/);
});

test("parseSshKey refuses noise and nothing else goes wrong", () => {
  fc.assert(fc.property(fc.string(), (text) => {
    expect(() => parseSshKey(text)).toThrow(DomainError);
  }));
});
