import {
  base64url,
  calculateJwkThumbprint,
  compactDecrypt,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
} from "jose";
import {
  EnrolmentRequest,
  EnrolmentResponse,
  type RegionKey,
} from "@/shared/contract/enrolment.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import type { Clock } from "@/rack-agent/runtime/clock.ts";
import type { Identity } from "./identity.ts";
import { RegionClient } from "./region_client.ts";

/**
 * Makes this host the agent of the site that `token` was made for.
 *
 * The token names the thumbprint of the region's signing key, so that even over plain HTTP nobody
 * else can pose as the region: an answer with another key is refused with `join.wrong_region`.
 */
export async function join(
  input: { regionUrl: string; token: string; hostname: string; agentVersion: string },
  clock: Clock,
): Promise<Identity> {
  const thumbprint = thumbprintOf(input.token);
  const signing = await keyPair("EdDSA");
  const encryption = await keyPair("ECDH-ES+A256KW");
  const body = EnrolmentRequest.parse({
    token: input.token,
    signingKey: publicPart(signing),
    encryptionKey: publicPart(encryption),
    hostname: input.hostname,
    agentVersion: input.agentVersion,
  });
  const client = new RegionClient(input.regionUrl, () => ({ signingKey: signing }), clock);
  const response = await client.request({
    method: "POST",
    path: "/agent/v1/enrolment",
    body: new TextEncoder().encode(JSON.stringify(body)),
    headers: { "content-type": "application/json" },
    timeoutMs: 30_000,
  });
  const answer = EnrolmentResponse.parse(await response.json());
  await requirePinnedKey(answer.regionKeys, thumbprint);
  return {
    agentId: answer.agentId,
    site: answer.site,
    regionUrl: input.regionUrl,
    signingKey: signing,
    encryptionKey: encryption,
    regionKeys: answer.regionKeys,
    siteKey: await openSiteKey(answer.sealedSiteKey, encryption),
    credential: answer.credential,
    credentialExpiresAt: answer.credentialExpiresAt,
  };
}

type PrivateJwk = Identity["signingKey"];

async function keyPair(alg: "EdDSA" | "ECDH-ES+A256KW"): Promise<PrivateJwk> {
  const crv = alg === "EdDSA" ? "Ed25519" : "X25519";
  const { privateKey } = await generateKeyPair(alg, { crv, extractable: true });
  const { x, d } = await exportJWK(privateKey);
  if (!x || !d) throw new Error(`no private ${crv} key was made`);
  return { kty: "OKP", crv, x, d };
}

function publicPart({ kty, crv, x }: PrivateJwk): { kty: string; crv: string; x: string } {
  return { kty, crv, x };
}

/** A token is `rwj_<id>_<secret>_<thumbprint>`; the thumbprint is its last 43 characters. */
function thumbprintOf(token: string): string {
  const match = /^rwj_[A-Za-z0-9_-]+_([A-Za-z0-9_-]{43})$/.exec(token);
  if (!match?.[1]) {
    throw new DomainError({
      kind: "invalid_input",
      code: "join_token.malformed",
      message: "this is not a join token; copy the whole line that the region showed, rwj_…",
    });
  }
  return match[1];
}

async function requirePinnedKey(keys: readonly RegionKey[], thumbprint: string): Promise<void> {
  const seen = await Promise.all(
    keys.map(({ kty, crv, x }) => calculateJwkThumbprint({ kty, crv, x })),
  );
  if (seen.includes(thumbprint)) return;
  throw new DomainError({
    kind: "forbidden",
    code: "join.wrong_region",
    message: "the answer is not from the region that made this token: its signing key differs; " +
      "check the address and make a new token",
  });
}

async function openSiteKey(sealed: string, key: PrivateJwk): Promise<string> {
  const opener = await importJWK(key as JWK, "ECDH-ES+A256KW");
  const { plaintext } = await compactDecrypt(sealed, opener);
  if (plaintext.length !== 32) throw new Error("the site key has 32 bytes");
  return base64url.encode(plaintext);
}
