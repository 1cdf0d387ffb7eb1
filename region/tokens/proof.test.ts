import { base64url, CompactSign, exportJWK, generateKeyPair } from "jose";
import { beforeAll, describe, expect, test } from "vitest";
import { sha256Base64url } from "./digest.ts";
import { type ProvenRequest, verifyProof } from "./proof.ts";
import { makeTestAgentKeys, makeTestProof, type TestAgentKeys } from "./test_keys.ts";

const NOW = new Date("2026-03-01T12:00:00.000Z");
const URL_OF_FACTS = "https://region.example/agent/v1/facts";
const CREDENTIAL = "aaa.bbb.ccc";
const body = new TextEncoder().encode('{"facts":[]}');

let agent: TestAgentKeys;
let request: ProvenRequest;
const right = { method: "POST", url: URL_OF_FACTS, body, credential: CREDENTIAL, now: NOW };
beforeAll(async () => {
  agent = await makeTestAgentKeys();
  request = {
    method: "POST",
    url: URL_OF_FACTS,
    bodyHash: await sha256Base64url(body),
    credential: CREDENTIAL,
  };
});

const refused = async (proof: string | undefined, code: string, of = request, now = NOW) =>
  await expect(verifyProof(proof, of, now)).rejects.toMatchObject({
    kind: "unauthenticated",
    code,
  });

test("verifyProof() accepts a right proof and names its key", async () => {
  expect(await verifyProof(await makeTestProof(agent, right), request, NOW))
    .toEqual({ jkt: agent.jkt });
});

test("verifyProof() accepts the algorithm's other name, Ed25519 (RFC 9864)", async () => {
  const { htu, htm, bh, ath } = {
    htu: URL_OF_FACTS,
    htm: "POST",
    bh: request.bodyHash,
    ath: await sha256Base64url(new TextEncoder().encode(CREDENTIAL)),
  };
  const proof = await agent.sign(
    { typ: "dpop+jwt", alg: "Ed25519", jwk: agent.signingJwk },
    { jti: "1", htm, htu, iat: NOW.getTime() / 1000, ath, bh },
  );
  expect(await verifyProof(proof, request, NOW)).toEqual({ jkt: agent.jkt });
});

test("verifyProof() accepts a proof without a credential when there is none", async () => {
  const { credential: _, ...enrolling } = request;
  const proof = await makeTestProof(agent, { ...right, credential: undefined });
  expect(await verifyProof(proof, enrolling, NOW)).toEqual({ jkt: agent.jkt });
});

test("verifyProof() takes the URL's other spellings: default port, query", async () => {
  for (const htu of [`${URL_OF_FACTS}?wait=1`, "https://REGION.example:443/agent/v1/facts"]) {
    expect(await verifyProof(await makeTestProof(agent, right, { htu }), request, NOW))
      .toEqual({ jkt: agent.jkt });
  }
});

describe("verifyProof() refuses", () => {
  test("no proof", () => refused(undefined, "proof.missing"));
  test("an empty proof", () => refused("", "proof.missing"));

  test("noise", async () => {
    for (const noise of ["x", "a.b.c", "....", "e30.e30.e30", "\u0000", "é.é.é"]) {
      await refused(noise, "proof.malformed");
    }
    await refused(`${await makeTestProof(agent, right)}${"A".repeat(5000)}`, "proof.malformed");
  });

  test("a signature by another key than the one it carries", async () => {
    const other = await makeTestAgentKeys();
    const proof = await other.sign(
      { typ: "dpop+jwt", jwk: agent.signingJwk },
      JSON.parse(payloadOf(await makeTestProof(agent, right))),
    );
    await refused(proof, "proof.signature");
  });

  test("claims changed after signing", async () => {
    const [header, payload, signature] = (await makeTestProof(agent, right)).split(".");
    const claims = JSON.parse(new TextDecoder().decode(base64url.decode(payload ?? "")));
    const changed = base64url.encode(JSON.stringify({ ...claims, jti: "another" }));
    await refused(`${header}.${changed}.${signature}`, "proof.signature");
  });

  test("no signature at all (alg none)", async () => {
    const header = base64url.encode(
      JSON.stringify({ typ: "dpop+jwt", alg: "none", jwk: agent.signingJwk }),
    );
    const [, payload] = (await makeTestProof(agent, right)).split(".");
    await refused(`${header}.${payload}.`, "proof.malformed");
  });

  test("a key that is not Ed25519", async () => {
    const { privateKey, publicKey } = await generateKeyPair("ES256", { extractable: true });
    const proof = await new CompactSign(new TextEncoder().encode("{}"))
      .setProtectedHeader({ alg: "ES256", typ: "dpop+jwt", jwk: await exportJWK(publicKey) })
      .sign(privateKey);
    await refused(proof, "proof.malformed");
  });

  test("a header that shows a private key", async () => {
    const claims = JSON.parse(payloadOf(await makeTestProof(agent, right)));
    const jwk = { ...agent.signingJwk, d: agent.signingJwk.x };
    await refused(await agent.sign({ typ: "dpop+jwt", jwk }, claims), "proof.malformed");
  });

  test("another type of token, such as a state document", async () => {
    const claims = JSON.parse(payloadOf(await makeTestProof(agent, right)));
    await refused(
      await agent.sign({ typ: "jwt", jwk: agent.signingJwk }, claims),
      "proof.malformed",
    );
  });

  for (const missing of ["jti", "htm", "htu", "iat", "bh"]) {
    test(`a proof without ${missing}`, async () => {
      const proof = await makeTestProof(agent, right, { [missing]: undefined });
      await refused(proof, "proof.malformed");
    });
  }

  test("another method", async () => {
    await refused(await makeTestProof(agent, { ...right, method: "PUT" }), "proof.method");
  });

  for (
    const url of [
      "https://region.example/agent/v1/blobs",
      "https://other.example/agent/v1/facts",
      "http://region.example/agent/v1/facts",
      "https://region.example:8443/agent/v1/facts",
      "/agent/v1/facts",
    ]
  ) {
    test(`the URL ${url}`, async () => {
      await refused(await makeTestProof(agent, { ...right, url }), "proof.url");
    });
  }

  test("a proof older or newer than a minute, and takes one of just a minute", async () => {
    const at = (seconds: number) => new Date(NOW.getTime() + seconds * 1000);
    const proof = await makeTestProof(agent, right);
    await refused(proof, "proof.stale", request, at(61));
    await refused(proof, "proof.stale", request, at(-61));
    expect(await verifyProof(proof, request, at(60))).toBeDefined();
    expect(await verifyProof(proof, request, at(-60))).toBeDefined();
  });

  test("a proof made for another credential, or for none", async () => {
    const code = "proof.credential_mismatch";
    await refused(await makeTestProof(agent, { ...right, credential: "x.y.z" }), code);
    await refused(await makeTestProof(agent, { ...right, credential: undefined }), code);
    const { credential: _, ...enrolling } = request;
    await refused(await makeTestProof(agent, right), code, enrolling);
  });

  test("the same proof with another body", async () => {
    const proof = await makeTestProof(agent, right);
    const bodyHash = await sha256Base64url(new TextEncoder().encode('{"facts":[1]}'));
    await refused(proof, "proof.body_mismatch", { ...request, bodyHash });
  });
});

function payloadOf(token: string): string {
  return new TextDecoder().decode(base64url.decode(token.split(".")[1] ?? ""));
}
