import { z } from "zod";
import type { RegionContext } from "@/region/context.ts";
import type { IdentityProviderRow } from "@/region/db/queries/identity_providers.ts";
import { type Claims, isOfDomains, readPerson } from "@/region/domain/oidc/proven_person.ts";
import { type OidcFlow, openFlow } from "@/region/tokens/oidc_flow.ts";
import { unsealText } from "@/region/tokens/seal.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { sameHash } from "../identity/access_tokens.ts";
import { type OpenedSession, openSession, type Origin } from "../identity/open_session.ts";
import { askProvider, printable, providerFault } from "./ask_provider.ts";
import { findPerson } from "./find_person.ts";
import type { Metadata, ProviderClient } from "./provider_client.ts";
import { mustHaveProvider, redirectUri } from "./start_sign_in.ts";

/** What the browser brings back from the provider, RFC 6749 §4.1.2. */
export interface Callback {
  /** The cookie of `startSignIn`. */
  readonly flow?: string;
  readonly state?: string;
  readonly code?: string;
  readonly error?: string;
  readonly errorDescription?: string;
  /** RFC 9207: which provider answers. */
  readonly iss?: string;
}

const TokenAnswer = z.object({ id_token: z.string().max(65_536), access_token: z.string() });

/**
 * Ends a sign-in with a session. Throws `invalid_input` for a browser that was not sent by us,
 * `unauthenticated` where the provider proves nothing, `forbidden` for people who may not in, and
 * `unavailable` with what the provider said.
 */
export async function finishSignIn(
  ctx: RegionContext,
  client: ProviderClient,
  callback: Callback,
  origin: Origin,
): Promise<OpenedSession & { readonly returnTo: string }> {
  const flow = callback.flow === undefined
    ? undefined
    : await openFlow(ctx.secrets.sealKey, callback.flow, ctx.now());
  if (!flow || !sameHash(flow.state, callback.state ?? "")) throw notOurs();
  const provider = await mustHaveProvider(ctx);
  if (provider.issuer !== flow.issuer || provider.clientId !== flow.clientId) throw notOurs();
  const metadata = await client.metadata(provider.issuer);
  checkSender(metadata, callback.iss);
  if (callback.code === undefined) throw refusedThere(callback);
  const proven = await proveClaims(ctx, client, {
    provider,
    metadata,
    flow,
    code: callback.code,
  });
  const person = readPerson(proven.claims, provider);
  if (!isOfDomains(person, provider.emailDomains)) throw foreignDomain(provider);
  const account = { issuer: provider.issuer, subject: proven.subject };
  return await ctx.db.transaction(async (tx) => {
    const user = await findPerson(ctx, tx, { provider, account, person, origin });
    return { ...await openSession(ctx, tx, user, origin), returnTo: flow.returnTo };
  });
}

interface Exchange {
  readonly provider: IdentityProviderRow;
  readonly metadata: Metadata;
  readonly flow: OidcFlow;
  readonly code: string;
}

/** Code for tokens, and tokens for claims that are proved. */
async function proveClaims(
  ctx: RegionContext,
  client: ProviderClient,
  exchange: Exchange,
): Promise<{ subject: string; claims: Claims }> {
  const { provider, metadata, flow } = exchange;
  const parsed = TokenAnswer.safeParse(await askProvider(ctx, await tokenRequest(ctx, exchange)));
  if (!parsed.success) throw providerFault("the identity provider answered without an ID token");
  const { issuer, clientId } = provider;
  const expected = { issuer, clientId, nonce: flow.nonce, now: ctx.now() };
  const verdict = await client.verify(metadata, parsed.data.id_token, expected);
  if (verdict.kind !== "ok") {
    throw badToken(verdict.kind === "refused" ? verdict.reason : "the provider has no such key");
  }
  const { subject, claims } = verdict;
  const url = metadata.userinfo_endpoint;
  if (url === undefined) return { subject, claims };
  const authorization = `Bearer ${parsed.data.access_token}`;
  const info = z.looseObject({ sub: z.string() })
    .safeParse(await askProvider(ctx, { url, authorization }));
  // OpenID Connect Core §5.3.2: it must be about the same person.
  if (!info.success || info.data.sub !== subject) throw badToken("userinfo is of somebody else");
  return { subject, claims: { ...info.data, ...claims } };
}

/** RFC 6749 §2.3.1 and §4.1.3, RFC 7636 §4.5. */
async function tokenRequest(
  ctx: RegionContext,
  { provider, metadata, flow, code }: Exchange,
) {
  const { clientId, sealedClientSecret } = provider;
  const form = {
    grant_type: "authorization_code",
    code,
    redirect_uri: redirectUri(ctx),
    code_verifier: flow.verifier,
  };
  const url = metadata.token_endpoint;
  if (sealedClientSecret === null) return { url, form: { ...form, client_id: clientId } };
  const secret = await unsealText(ctx.secrets.sealKey, sealedClientSecret);
  // OpenID Connect Discovery §3: client_secret_basic when it does not say.
  const ways = metadata.token_endpoint_auth_methods_supported ?? ["client_secret_basic"];
  if (!ways.includes("client_secret_basic")) {
    return { url, form: { ...form, client_id: clientId, client_secret: secret } };
  }
  const userid = [clientId, secret].map(formEncode).join(":");
  return { url, form, authorization: `Basic ${btoa(userid)}` };
}

function formEncode(text: string): string {
  return new URLSearchParams({ "": text }).toString().slice(1);
}

/** RFC 9207 §2.4: an answer of another provider is not ours to use. */
function checkSender(metadata: Metadata, iss: string | undefined): void {
  const isExpected = metadata.authorization_response_iss_parameter_supported === true;
  if (iss === undefined ? isExpected : iss !== metadata.issuer) {
    throw badToken("the answer is of another provider");
  }
}

function notOurs(): DomainError {
  return new DomainError({
    kind: "invalid_input",
    code: "session.oidc_flow_unknown",
    message: "this browser did not begin this sign-in here within the last 10 minutes (or began " +
      "another one since); begin again at /api/v1/sessions/oidc/start",
  });
}

function refusedThere({ error = "nothing", errorDescription }: Callback): DomainError {
  const words = [error, errorDescription].filter((each) => each !== undefined).join(", ");
  return new DomainError({
    kind: "unauthenticated",
    code: "session.oidc_refused",
    message: `the identity provider answered ${printable(words)}`,
  });
}

function badToken(reason: string): DomainError {
  return new DomainError({
    kind: "unauthenticated",
    code: "session.oidc_unproven",
    message: `what the identity provider answered proves nothing: ${reason}`,
  });
}

function foreignDomain({ emailDomains }: IdentityProviderRow): DomainError {
  return new DomainError({
    kind: "forbidden",
    code: "session.oidc_domain",
    accepted: emailDomains.join(", "),
    message: "only people with a verified e-mail address of certain domains may sign in",
  });
}
