import { CompactSign, exportJWK, generateKeyPair } from "jose";
import type { SigningKey } from "@/region/context.ts";
import { sha256Base64url } from "./digest.ts";
import { thumbprintOf } from "./region_keys.ts";

/** For tests: what an agent holds, and the proofs it makes. Real keys, made anew at each run. */
export interface TestAgentKeys {
  readonly signingJwk: { kty: "OKP"; crv: "Ed25519"; x: string };
  readonly encryptionJwk: { kty: "OKP"; crv: "X25519"; x: string };
  readonly encryptionPrivate: CryptoKey;
  readonly jkt: string;
  sign(header: Record<string, unknown>, payload: unknown): Promise<string>;
}

/** For tests: a signing key of a region. */
export async function makeTestSigningKey(kid: string): Promise<SigningKey> {
  const { x, d } = await ed25519();
  return {
    kid,
    publicJwk: { kty: "OKP", crv: "Ed25519", x },
    privateJwk: { kty: "OKP", crv: "Ed25519", x, d },
  };
}

/** For tests: a new agent's two key pairs. */
export async function makeTestAgentKeys(): Promise<TestAgentKeys> {
  const { x, d } = await ed25519();
  const signingJwk = { kty: "OKP", crv: "Ed25519", x } as const;
  const encryption = await generateKeyPair("ECDH-ES+A256KW", { crv: "X25519", extractable: true });
  const encryptionPublic = await exportJWK(encryption.publicKey);
  return {
    signingJwk,
    encryptionJwk: { kty: "OKP", crv: "X25519", x: encryptionPublic.x ?? "" },
    encryptionPrivate: encryption.privateKey,
    jkt: await thumbprintOf(signingJwk),
    sign: (header, payload) =>
      new CompactSign(new TextEncoder().encode(JSON.stringify(payload)))
        .setProtectedHeader({ alg: "EdDSA", ...header })
        .sign({ ...signingJwk, d }),
  };
}

export interface TestProof {
  readonly method: string;
  readonly url: string;
  readonly body?: Uint8Array<ArrayBuffer>;
  readonly credential?: string;
  readonly now: Date;
}

/** For tests: a right proof; `wrong` replaces claims of it, or leaves them out where undefined. */
export async function makeTestProof(
  agent: TestAgentKeys,
  request: TestProof,
  wrong: Record<string, unknown> = {},
): Promise<string> {
  const claims = {
    jti: crypto.randomUUID(),
    htm: request.method,
    htu: request.url,
    iat: Math.floor(request.now.getTime() / 1000),
    ath: request.credential && await sha256Base64url(new TextEncoder().encode(request.credential)),
    bh: await sha256Base64url(request.body ?? new Uint8Array()),
    ...wrong,
  };
  return await agent.sign({ typ: "dpop+jwt", jwk: agent.signingJwk }, claims);
}

async function ed25519(): Promise<{ x: string; d: string }> {
  const { privateKey } = await generateKeyPair("EdDSA", { crv: "Ed25519", extractable: true });
  const { x, d } = await exportJWK(privateKey);
  if (!x || !d) throw new Error("an Ed25519 pair has x and d");
  return { x, d };
}
