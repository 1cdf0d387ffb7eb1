import { expect, test } from "vitest";
import {
  formatRegionSecrets,
  makeRegionSecrets,
  makeSealKey,
  parseRegionSecrets,
} from "./region_secrets.ts";

const randomBytes = (length: number) => crypto.getRandomValues(new Uint8Array(length));

test("secrets read back as they were written", async () => {
  const secrets = await makeRegionSecrets(randomBytes);
  expect(parseRegionSecrets(formatRegionSecrets(secrets))).toEqual(secrets);
});

test("secrets with keys before the present one read back as they were written", async () => {
  const { sealKey, ...rest } = await makeRegionSecrets(randomBytes);
  const retired = [makeSealKey(randomBytes), makeSealKey(randomBytes)];
  const secrets = { ...rest, sealKey: { ...sealKey, retired } };
  expect(parseRegionSecrets(formatRegionSecrets(secrets))).toEqual(secrets);
  const broken = { ...rest, sealKey: { ...sealKey, retired: [{ id: "k", key: randomBytes(16) }] } };
  expect(parseRegionSecrets(formatRegionSecrets(broken))).toBeUndefined();
});

test.each([
  ["", "nothing"],
  ["{", "half a file"],
  ["{}", "an empty object"],
  [`{"signingKeys":[],"sealKey":{"id":"k","key":"AAAA"}}`, "no signing key"],
])("text that is no secrets file is refused: %s (%s)", (text) => {
  expect(parseRegionSecrets(text)).toBeUndefined();
});

test("a seal key of another size is refused", async () => {
  const secrets = await makeRegionSecrets(randomBytes);
  const short = { ...secrets, sealKey: { id: "k", key: randomBytes(16) } };
  expect(parseRegionSecrets(formatRegionSecrets(short))).toBeUndefined();
});
