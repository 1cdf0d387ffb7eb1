import { z } from "zod";
import type { RegionContext } from "@/region/context.ts";
import type { Db } from "@/region/db/client.ts";
import {
  type ExpectedIdToken,
  type IdTokenVerdict,
  ProviderKeys,
  verifyIdToken,
} from "@/region/tokens/id_token.ts";
import { askProvider, mustBeAllowed, providerFault } from "./ask_provider.ts";

const METADATA_MS = 3_600_000;
const KEYS_MS = 10 * 60_000;
/** For a key that is not among them they are fetched again, but not for every token of a stranger. */
const KEYS_AGAIN_MS = 30_000;

const Url = z.string().max(2048);
/** OpenID Connect Discovery §3, as far as it is of use here. */
const Metadata = z.object({
  issuer: Url,
  authorization_endpoint: Url,
  token_endpoint: Url,
  jwks_uri: Url,
  userinfo_endpoint: Url.optional(),
  token_endpoint_auth_methods_supported: z.array(z.string()).optional(),
  /** RFC 9207 §3. */
  authorization_response_iss_parameter_supported: z.boolean().optional(),
});
export type Metadata = z.infer<typeof Metadata>;

interface Kept<T> {
  readonly value: T;
  readonly atMs: number;
}

/** What a provider says of itself, kept for a while: of the one provider asked last. */
export class ProviderClient {
  readonly #ctx: RegionContext;
  #metadata: Kept<Metadata> | undefined;
  /**
   * Asked at this moment, by everybody who wants to sign in now. With the same database: in a Worker
   * each request has its own, and may not wait for what another one does.
   */
  #asking:
    | { readonly issuer: string; readonly db: Db; readonly answer: Promise<Metadata> }
    | undefined;
  #keys: (Kept<ProviderKeys> & { readonly uri: string }) | undefined;

  constructor(ctx: RegionContext) {
    this.#ctx = ctx;
  }

  /** Throws `unavailable` when it cannot be had, or speaks for another issuer. */
  async metadata(issuer: string): Promise<Metadata> {
    const kept = this.#metadata;
    if (kept?.value.issuer === issuer && this.#age(kept) < METADATA_MS) return kept.value;
    const { db } = this.#ctx;
    if (this.#asking?.issuer !== issuer || this.#asking.db !== db) {
      this.#asking = { issuer, db, answer: this.#ask(issuer) };
    }
    const asking = this.#asking;
    try {
      return await asking.answer;
    } finally {
      if (this.#asking === asking) this.#asking = undefined;
    }
  }

  async #ask(issuer: string): Promise<Metadata> {
    const url = `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
    const parsed = Metadata.safeParse(await askProvider(this.#ctx, { url }));
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      throw providerFault(
        `the identity provider's metadata cannot be used: ${
          issue?.path.join(".")
        }: ${issue?.message}`,
      );
    }
    const { data } = parsed;
    if (data.issuer !== issuer) {
      throw providerFault(
        `the identity provider calls itself ${data.issuer}, not ${issuer}`,
        data.issuer,
      );
    }
    await mustBeAllowed(this.#ctx, data.authorization_endpoint);
    this.#metadata = { value: data, atMs: this.#nowMs() };
    return data;
  }

  /** Verifies an ID token with the provider's keys, fetched anew where they do not have its key. */
  async verify(metadata: Metadata, token: string, expected: ExpectedIdToken) {
    const verdict = await this.#verifyWith(metadata, { token, expected, freshMs: KEYS_MS });
    if (verdict.kind !== "unknown_key") return verdict;
    return await this.#verifyWith(metadata, { token, expected, freshMs: KEYS_AGAIN_MS });
  }

  async #verifyWith(
    metadata: Metadata,
    { token, expected, freshMs }: { token: string; expected: ExpectedIdToken; freshMs: number },
  ): Promise<IdTokenVerdict> {
    return await verifyIdToken(await this.keys(metadata, freshMs), token, expected);
  }

  /** The provider's keys, at most so old. Throws `unavailable`. */
  async keys({ jwks_uri: uri }: Metadata, freshMs = KEYS_MS): Promise<ProviderKeys> {
    const kept = this.#keys;
    if (kept?.uri === uri && this.#age(kept) < freshMs) return kept.value;
    const parsed = ProviderKeys.safeParse(await askProvider(this.#ctx, { url: uri }));
    if (!parsed.success) throw providerFault("the identity provider's keys are no JWK set");
    this.#keys = { value: parsed.data, atMs: this.#nowMs(), uri };
    return parsed.data;
  }

  #age({ atMs }: { readonly atMs: number }): number {
    return this.#nowMs() - atMs;
  }

  #nowMs(): number {
    return this.#ctx.now().getTime();
  }
}
