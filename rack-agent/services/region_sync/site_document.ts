import {
  base64url,
  compactDecrypt,
  CompactEncrypt,
  compactVerify,
  importJWK,
  type JWK,
} from "jose";
import type { RegionKey } from "@/shared/contract/enrolment.ts";
import { SiteState } from "@/shared/contract/site_state.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";

/**
 * Checks a site's state document and returns what it says.
 *
 * `DomainError` codes: `state.signature` (not signed by a pinned key), `state.malformed`,
 * `state.wrong_site`, `state.stale` (a generation below `atLeast`).
 */
export async function openSiteDocument(
  jws: string,
  expected: { siteId: string; regionKeys: readonly RegionKey[]; atLeast: number },
): Promise<SiteState> {
  const state = parseState(await verifiedPayload(jws, expected.regionKeys));
  if (state.site.id !== expected.siteId) {
    throw refused("state.wrong_site", `it is for site ${state.site.id}, not ${expected.siteId}`);
  }
  if (state.generation < expected.atLeast) {
    throw refused(
      "state.stale",
      `it has generation ${state.generation}; ${expected.atLeast} is already in force`,
    );
  }
  return state;
}

async function verifiedPayload(jws: string, keys: readonly RegionKey[]): Promise<Uint8Array> {
  try {
    const { payload } = await compactVerify(jws, async (header) => {
      const key = keys.find(({ kid }) => kid === header.kid);
      if (!key) throw new Error(`no pinned key has the id ${header.kid}`);
      if (header.typ !== "rw-state+jws") throw new Error(`its type is ${header.typ}`);
      return await importJWK(key as JWK, "EdDSA");
    }, { algorithms: ["EdDSA"] });
    return payload;
  } catch (cause) {
    throw refused("state.signature", "it is not signed by this site's region", cause);
  }
}

function parseState(payload: Uint8Array): SiteState {
  try {
    return SiteState.parse(JSON.parse(new TextDecoder().decode(payload)));
  } catch (cause) {
    throw refused("state.malformed", "its content does not follow the contract", cause);
  }
}

function refused(code: string, why: string, cause?: unknown): DomainError {
  return new DomainError({
    kind: "invalid_input",
    code,
    message: `the state document was refused: ${why}`,
    cause,
  });
}

/** Opens a secret of the state document (compact JWE, `dir` + A256GCM, under the site key). */
export async function openSecret(sealed: string, siteKey: string): Promise<string> {
  const { plaintext } = await compactDecrypt(sealed, base64url.decode(siteKey), {
    keyManagementAlgorithms: ["dir"],
    contentEncryptionAlgorithms: ["A256GCM"],
  });
  return new TextDecoder().decode(plaintext);
}

/** Seals a secret for the region in the same way; `siteId` says whose key it is. */
export async function sealSecret(
  secret: string,
  of: { siteId: string; siteKey: string },
): Promise<string> {
  return await new CompactEncrypt(new TextEncoder().encode(secret))
    .setProtectedHeader({ alg: "dir", enc: "A256GCM", kid: of.siteId })
    .encrypt(base64url.decode(of.siteKey));
}
