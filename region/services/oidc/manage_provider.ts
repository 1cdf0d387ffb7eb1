import type { RegionContext } from "@/region/context.ts";
import type { Db } from "@/region/db/client.ts";
import { countGroups } from "@/region/db/queries/groups.ts";
import {
  deleteIdentityProvider,
  findIdentityProvider,
  type GroupMapping,
  type IdentityProviderRow,
  type RoleMapping,
  writeIdentityProvider,
} from "@/region/db/queries/identity_providers.ts";
import { readOutboundUrl } from "@/region/domain/outbound_url.ts";
import { recordChange } from "@/region/services/audit/record_change.ts";
import { expectVersion } from "@/region/services/expect_version.ts";
import { ChangedMeanwhile, retryOnChange } from "@/region/services/retry_on_change.ts";
import { sealUnder } from "@/region/tokens/seal.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { type Caller, requireRole } from "../identity/caller.ts";
import type { ProviderClient } from "./provider_client.ts";
import { redirectUri } from "./start_sign_in.ts";

/** How the region is told of a provider. */
export interface ProviderInput {
  readonly isEnabled: boolean;
  readonly label: string;
  readonly issuer: string;
  readonly clientId: string;
  /** Absent: the one before stays. Null: a public client. */
  readonly clientSecret?: string | null;
  readonly scopes: readonly string[];
  readonly usernameClaim: string;
  readonly groupsClaim: string | null;
  readonly roleMappings: readonly RoleMapping[];
  readonly groupMappings: readonly GroupMapping[];
  readonly defaultRole: "viewer" | "operator" | null;
  readonly createsUsers: boolean;
  readonly limitsNewUsers: boolean;
  readonly emailDomains: readonly string[];
}

/** As admins see it; never the secret. */
export type ProviderView = Omit<ProviderInput, "clientSecret"> & {
  readonly hasClientSecret: boolean;
  /** What the provider must be told that it sends people back to. */
  readonly redirectUri: string;
  readonly changedAt: Date;
  readonly version: number;
};

/** What the sign-in page offers beside name and password: the label of the button, if there is one. */
export async function readSignInMethods(ctx: RegionContext): Promise<{ oidc: string | null }> {
  const provider = await findIdentityProvider(ctx.db);
  return { oidc: provider?.isEnabled ? provider.label : null };
}

/** Throws `not_found` when none is set up. */
export async function getProvider(ctx: RegionContext, caller: Caller): Promise<ProviderView> {
  requireRole(caller, "admin");
  return viewOf(ctx, await mustExist(ctx.db));
}

/**
 * Sets up the provider, or changes it whole. Throws `invalid_input` for an issuer that is not asked,
 * groups that are not there, and for another issuer or client without its secret: the one before
 * would be sent to whoever is asked now.
 */
export async function putProvider(
  ctx: RegionContext,
  caller: Caller,
  { ifVersion, ...input }: ProviderInput & { ifVersion?: number },
): Promise<ProviderView> {
  requireRole(caller, "admin");
  checkIssuer(ctx, input.issuer);
  const { clientSecret, ...fields } = input;
  const sealed = typeof clientSecret === "string"
    ? await sealUnder(ctx.secrets.sealKey, clientSecret)
    : clientSecret;
  const row = await retryOnChange("the identity provider", () =>
    ctx.db.transaction(async (tx) => {
      const read = await findIdentityProvider(tx);
      expectVersion(read ?? { version: 0 }, ifVersion);
      await checkGroups(tx, input.groupMappings);
      const written = await writeIdentityProvider(tx, read?.version ?? 0, {
        ...fields,
        scopes: [...input.scopes],
        emailDomains: input.emailDomains.map((domain) => domain.toLowerCase()),
        sealedClientSecret: sealed === undefined ? secretBefore(read, input) : sealed,
        changedAt: ctx.now(),
      });
      if (!written) throw new ChangedMeanwhile();
      await recordChange(ctx, tx, caller, {
        action: read ? "identity_provider.update" : "identity_provider.create",
        id: written.issuer,
        before: read && auditViewOf(read),
        after: auditViewOf(written),
      });
      return written;
    }));
  return viewOf(ctx, row);
}

/** Nobody signs in by it any more; users stay, and stay linked. Throws `not_found`. */
export async function removeProvider(
  ctx: RegionContext,
  caller: Caller,
  ifVersion: number | undefined,
): Promise<void> {
  requireRole(caller, "admin");
  await ctx.db.transaction(async (tx) => {
    const read = await mustExist(tx);
    expectVersion(read, ifVersion);
    await deleteIdentityProvider(tx);
    const before = auditViewOf(read);
    await recordChange(ctx, tx, caller, {
      action: "identity_provider.delete",
      id: read.issuer,
      before,
    });
  });
}

/** Asks the provider for its metadata and keys now. Throws `unavailable` with what is wrong. */
export async function checkProvider(ctx: RegionContext, caller: Caller, client: ProviderClient) {
  requireRole(caller, "admin");
  const { issuer } = await mustExist(ctx.db);
  const metadata = await client.metadata(issuer);
  const { keys } = await client.keys(metadata, 0);
  return {
    issuer,
    authorizationEndpoint: metadata.authorization_endpoint,
    tokenEndpoint: metadata.token_endpoint,
    userinfoEndpoint: metadata.userinfo_endpoint ?? null,
    keys: keys.length,
    redirectUri: redirectUri(ctx),
  };
}

async function mustExist(db: Db): Promise<IdentityProviderRow> {
  const row = await findIdentityProvider(db);
  if (row) return row;
  throw new DomainError({
    kind: "not_found",
    code: "identity_provider.missing",
    message: "no identity provider is set up; PUT /api/v1/identity-provider sets one up",
  });
}

/** OpenID Connect Discovery §4.1: a URL without query or fragment. */
function checkIssuer(ctx: RegionContext, issuer: string): void {
  const read = readOutboundUrl(issuer, ctx.oidcHosts ?? []);
  const fault = "fault" in read ? read.fault : read.url.search ? "it has a query" : undefined;
  if (fault === undefined) return;
  throw new DomainError({
    kind: "invalid_input",
    code: "identity_provider.issuer_refused",
    field: "issuer",
    value: issuer.slice(0, 100),
    accepted:
      "an https URL, such as https://login.example.com/realms/main; other hosts and plain " +
      "http only where RACKWRIGHT_OIDC_HOSTS names the host",
    message: `this issuer is not asked: ${fault}`,
  });
}

async function checkGroups(tx: Db, mappings: readonly GroupMapping[]): Promise<void> {
  const ids = [...new Set(mappings.map(({ groupId }) => groupId))];
  if (await countGroups(tx, ids) === ids.length) return;
  throw new DomainError({
    kind: "invalid_input",
    code: "identity_provider.no_such_group",
    field: "groupMappings",
    message: "one of these groups is not there; GET /api/v1/groups lists them",
  });
}

function secretBefore(
  read: IdentityProviderRow | undefined,
  { issuer, clientId }: ProviderInput,
): string | null {
  if (!read?.sealedClientSecret) return null;
  if (read.issuer === issuer && read.clientId === clientId) return read.sealedClientSecret;
  throw new DomainError({
    kind: "invalid_input",
    code: "identity_provider.secret_missing",
    field: "clientSecret",
    accepted: "the secret of this client, or null for a public client",
    message: "another issuer or client has another secret; the one before is not sent there",
  });
}

function viewOf(ctx: RegionContext, row: IdentityProviderRow): ProviderView {
  const { id: _id, sealedClientSecret, ...rest } = row;
  return {
    ...rest,
    hasClientSecret: sealedClientSecret !== null,
    redirectUri: redirectUri(ctx),
  };
}

function auditViewOf(row: IdentityProviderRow) {
  const { id: _id, version: _version, changedAt: _changedAt, sealedClientSecret, ...rest } = row;
  return { ...rest, hasClientSecret: sealedClientSecret !== null };
}
