import { describe, expect, test } from "vitest";
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from "jose";
import { type ProviderKeys, verifyIdToken } from "./id_token.ts";

const now = new Date("2026-03-01T12:00:00Z");
const nowSeconds = now.getTime() / 1000;
const expected = { issuer: "https://idp.example", clientId: "us", nonce: "n-1", now };
const claims: JWTPayload = {
  iss: "https://idp.example",
  sub: "ann",
  aud: "us",
  nonce: "n-1",
  iat: nowSeconds,
  exp: nowSeconds + 300,
};

const { publicKey, privateKey } = await generateKeyPair("ES256", { extractable: true });
const other = await generateKeyPair("ES256", { extractable: true });
const publicJwk = { ...await exportJWK(publicKey), kid: "k1", alg: "ES256" };
const otherJwk = { ...await exportJWK(other.publicKey), kid: "k2" };
const jwks: ProviderKeys = { keys: [{ ...publicJwk, kty: "EC" }] };

const sign = (change: JWTPayload = {}, header: { kid?: string; alg?: string } = { kid: "k1" }) =>
  new SignJWT({ ...claims, ...change }).setProtectedHeader({ alg: "ES256", ...header })
    .sign(privateKey);
const verify = (token: string, keys: ProviderKeys = jwks) => verifyIdToken(keys, token, expected);

describe("verifyIdToken()", () => {
  test("takes a token that was made for us just now", async () => {
    expect(await verify(await sign())).toMatchObject({ kind: "ok", subject: "ann" });
    expect((await verify(await sign({ aud: ["us"] }))).kind).toBe("ok");
    expect((await verify(await sign({ aud: ["us", "them"], azp: "us" }))).kind).toBe("ok");
  });

  test.each<[string, JWTPayload, string]>([
    ["another nonce", { nonce: "n-2" }, "nonce"],
    ["no nonce", { nonce: undefined }, "nonce"],
    ["another audience", { aud: "them" }, "its aud"],
    ["no audience", { aud: undefined }, "its aud"],
    ["others too, and no azp", { aud: ["us", "them"] }, "azp"],
    ["another authorized party", { azp: "them" }, "azp"],
    ["another issuer", { iss: "https://idp.example/" }, "its iss"],
    ["its time over", { exp: nowSeconds - 61 }, "expired"],
    ["no end", { exp: undefined }, "its exp"],
    ["no age", { iat: undefined }, "its iat"],
    ["too old", { iat: nowSeconds - 700 }, "expired|its iat"],
    ["from the future", { iat: nowSeconds + 120 }, "its iat"],
    ["not valid yet", { nbf: nowSeconds + 120 }, "its nbf"],
    ["no subject", { sub: undefined }, "its sub"],
    ["an endless subject", { sub: "x".repeat(256) }, "sub"],
  ])("refuses one with %s", async (_what, change, reason) => {
    const verdict = await verify(await sign(change));
    expect(verdict).toMatchObject({ kind: "refused", reason: expect.stringMatching(reason) });
  });

  test("refuses one that nobody signed, or with the client's secret or our copy of the key", async () => {
    const none = new UnsecuredJWT(claims).encode();
    expect((await verify(none)).kind).toBe("refused");
    for (const secret of ["the client's secret, thirty-two bytes", JSON.stringify(publicJwk)]) {
      const mac = await new SignJWT(claims).setProtectedHeader({ alg: "HS256", kid: "k1" })
        .sign(new TextEncoder().encode(secret));
      expect(await verify(mac)).toMatchObject({ kind: "refused", reason: /algorithm/ });
    }
  });

  test("refuses one that was changed, or signed with another key of the same name", async () => {
    const [header, , signature] = (await sign()).split(".");
    const forged = btoa(JSON.stringify({ ...claims, sub: "admin" })).replaceAll("=", "");
    expect((await verify(`${header}.${forged}.${signature}`)).kind).toBe("refused");
    const foreign = await new SignJWT(claims).setProtectedHeader({ alg: "ES256", kid: "k1" })
      .sign(other.privateKey);
    expect(await verify(foreign)).toMatchObject({ kind: "refused", reason: /signature/ });
  });

  test("says when it does not know the key, and tries all where the token names none", async () => {
    expect((await verify(await sign({}, { kid: "k9" }))).kind).toBe("unknown_key");
    expect((await verify(await sign(), { keys: [] })).kind).toBe("unknown_key");
    const both = { keys: [{ ...otherJwk, kty: "EC" }, ...jwks.keys] };
    expect((await verify(await sign({}, {}), both)).kind).toBe("ok");
    const foreign = { keys: [{ ...otherJwk, kty: "EC" }, { ...otherJwk, kid: "k3", kty: "EC" }] };
    expect((await verify(await sign({}, {}), foreign)).kind).toBe("refused");
  });

  test("does not fall over noise", async () => {
    for (const token of ["", ".", "a.b.c", "..", "e30.e30.e30", "\u0000", "x".repeat(5000)]) {
      expect(["refused", "unknown_key"]).toContain((await verify(token)).kind);
    }
    const nonsense = { keys: [{ kty: "EC", kid: "k1", crv: "P-256", x: "?", y: "?" }] };
    expect((await verify(await sign(), nonsense)).kind).toBe("refused");
  });
});
