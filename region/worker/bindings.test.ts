import { expect, test } from "vitest";
import { formatRegionSecrets, makeRegionSecrets } from "../services/secrets/region_secrets.ts";
import { readBindings, type WorkerEnv } from "./bindings.ts";

const secrets = formatRegionSecrets(
  await makeRegionSecrets((length) => crypto.getRandomValues(new Uint8Array(length))),
);
const bucket = { head() {}, put() {}, createMultipartUpload() {} };
const env = {
  OBJECTS: bucket,
  DATABASE_URL: "postgres://u:p@host/db",
  RACKWRIGHT_SECRETS: secrets,
  RACKWRIGHT_PUBLIC_URL: "https://region.example.com/",
} as unknown as WorkerEnv;
const S3 = {
  S3_URL: "https://s3.example.com/rackwright",
  S3_REGION: "eu",
  S3_ACCESS_KEY_ID: "id",
  S3_SECRET_ACCESS_KEY: "secret",
};

test("readBindings() takes what is right", () => {
  const read = readBindings({ ...env, RACKWRIGHT_OIDC_HOSTS: "a.example, B.example" });
  expect(read).toMatchObject({
    store: { r2: bucket },
    publicUrl: "https://region.example.com",
    database: { url: "postgres://u:p@host/db" },
    oidcHosts: ["a.example", "b.example"],
  });
  expect(readBindings({ ...env, ...S3, OBJECTS: undefined }).store).toEqual({
    s3: {
      endpoint: "https://s3.example.com",
      bucket: "rackwright",
      region: "eu",
      accessKeyId: "id",
      secretAccessKey: "secret",
    },
  });
});

test.each([
  [{ OBJECTS: undefined }, "OBJECTS"],
  [{ OBJECTS: "text" }, "OBJECTS"],
  [{ OBJECTS: { get() {}, put() {} } }, "OBJECTS"], // a KV namespace has those
  [{ DATABASE_URL: "" }, "DATABASE_URL"],
  [{ RACKWRIGHT_SECRETS: "{}" }, "RACKWRIGHT_SECRETS"],
  [{ RACKWRIGHT_PUBLIC_URL: "region.example.com" }, "RACKWRIGHT_PUBLIC_URL"],
  [{ ...S3, S3_URL: "s3.example.com" }, "S3_URL"],
  [{ ...S3, S3_SECRET_ACCESS_KEY: undefined }, "S3_SECRET_ACCESS_KEY"],
])("readBindings() names what is wrong: %j", (wrong, name) => {
  expect(() => readBindings({ ...env, ...wrong } as unknown as WorkerEnv)).toThrow(name);
});

test("readBindings() says everything at once, and no secret", () => {
  const wrong = { DATABASE_URL: "mysql://u:hidden@x", RACKWRIGHT_SECRETS: "hidden" };
  try {
    readBindings(wrong);
    expect.unreachable();
  } catch (error) {
    const text = String(error);
    for (const name of ["OBJECTS", "DATABASE_URL", "RACKWRIGHT_SECRETS", "RACKWRIGHT_PUBLIC_URL"]) {
      expect(text).toContain(name);
    }
    expect(text).not.toContain("hidden");
  }
});
