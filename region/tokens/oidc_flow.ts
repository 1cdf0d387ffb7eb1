import { z } from "zod";
import { parseClaims } from "./parse_claims.ts";
import { type SealKey, sealUnder, unseal } from "./seal.ts";

/** Tells it from everything else that the key seals. */
const PURPOSE = "oidc-sign-in";

const OidcFlow = z.object({
  state: z.string(),
  nonce: z.string(),
  /** PKCE's code verifier, RFC 7636 §4.1. */
  verifier: z.string(),
  /** Of the provider that was asked: settings may change on the way. */
  issuer: z.string(),
  clientId: z.string(),
  returnTo: z.string(),
  /** In ms since the epoch. */
  untilMs: z.number(),
});
const Sealed = OidcFlow.extend({ purpose: z.literal(PURPOSE) });

/** What a browser keeps for us between leaving for the provider and coming back. */
export type OidcFlow = z.infer<typeof OidcFlow>;

/** Sealed, so that nobody reads the verifier and nobody makes one up. */
export async function sealFlow(key: SealKey, flow: OidcFlow): Promise<string> {
  return await sealUnder(key, JSON.stringify({ ...flow, purpose: PURPOSE }));
}

/** Undefined when it is not one of ours, or its time is over. */
export async function openFlow(
  key: SealKey,
  sealed: string,
  now: Date,
): Promise<OidcFlow | undefined> {
  let plaintext: Uint8Array;
  try {
    plaintext = await unseal(key, sealed);
  } catch {
    return undefined;
  }
  const flow = parseClaims(Sealed, plaintext);
  return flow && flow.untilMs > now.getTime() ? flow : undefined;
}
