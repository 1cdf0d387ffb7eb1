import type { RegionContext } from "@/region/context.ts";
import {
  findIdentityProvider,
  type IdentityProviderRow,
} from "@/region/db/queries/identity_providers.ts";
import { sha256Base64url, toHex } from "@/region/tokens/digest.ts";
import { sealFlow } from "@/region/tokens/oidc_flow.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import type { ProviderClient } from "./provider_client.ts";

/** So long somebody may take at the provider: passwords, second factors. */
export const FLOW_SECONDS = 600;
/** RFC 7636 §4.1 wants 43 to 128 characters; hex doubles. */
const VERIFIER_BYTES = 32;
const STATE_BYTES = 16;

/** Where the browser goes, and what it keeps meanwhile. */
export interface StartedSignIn {
  readonly url: string;
  readonly flow: string;
}

/** Begins a sign-in. Throws `not_found` when no provider is set up, `unavailable` when it is away. */
export async function startSignIn(
  ctx: RegionContext,
  client: ProviderClient,
  returnTo: string,
): Promise<StartedSignIn> {
  const provider = await mustHaveProvider(ctx);
  const { issuer, clientId, scopes } = provider;
  const metadata = await client.metadata(issuer);
  const [state, nonce] = [toHex(ctx.randomBytes(STATE_BYTES)), toHex(ctx.randomBytes(STATE_BYTES))];
  const verifier = toHex(ctx.randomBytes(VERIFIER_BYTES));
  const untilMs = ctx.now().getTime() + FLOW_SECONDS * 1000;
  const flow = { state, nonce, verifier, issuer, clientId, returnTo, untilMs };
  const url = new URL(metadata.authorization_endpoint);
  const query = {
    response_type: "code",
    client_id: clientId,
    redirect_uri: redirectUri(ctx),
    scope: [...new Set(["openid", ...scopes])].join(" "),
    state,
    nonce,
    code_challenge: await sha256Base64url(new TextEncoder().encode(verifier)),
    code_challenge_method: "S256",
  };
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return { url: url.href, flow: await sealFlow(ctx.secrets.sealKey, flow) };
}

/** Where the provider sends browsers back to; it must know this address beforehand. */
export function redirectUri({ publicUrl }: Pick<RegionContext, "publicUrl">): string {
  return `${publicUrl}/api/v1/sessions/oidc/callback`;
}

/** Throws `not_found` when none is set up, or it is switched off. */
export async function mustHaveProvider(ctx: RegionContext): Promise<IdentityProviderRow> {
  const provider = await findIdentityProvider(ctx.db);
  if (provider?.isEnabled) return provider;
  throw new DomainError({
    kind: "not_found",
    code: "identity_provider.none",
    message: "no identity provider is set up; sign in with name and password, or have an admin " +
      "set one up with PUT /api/v1/identity-provider",
  });
}
