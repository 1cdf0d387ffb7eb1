import type { OpenAPIHono } from "@hono/zod-openapi";
import type { agentRoutes } from "@/region/routes/agents.ts";
import type { apiKeyRoutes } from "@/region/routes/api_keys.ts";
import type { auditRoutes } from "@/region/routes/audit.ts";
import type { bmcCertificateRoutes } from "@/region/routes/bmc_certificate.ts";
import type { bmcScanRoutes } from "@/region/routes/bmc_scans.ts";
import type { bootSourceRoutes } from "@/region/routes/boot_sources.ts";
import type { dhcpOptionRoutes } from "@/region/routes/dhcp_options.ts";
import type { dnsRecordRoutes } from "@/region/routes/dns_records.ts";
import type { domainRoutes } from "@/region/routes/domains.ts";
import type { eventRoutes } from "@/region/routes/events.ts";
import type { fabricRoutes } from "@/region/routes/fabrics.ts";
import type { factRoutes } from "@/region/routes/facts.ts";
import type { groupRoutes } from "@/region/routes/groups.ts";
import type { identityProviderRoutes } from "@/region/routes/identity_provider.ts";
import type { imageFileRoutes } from "@/region/routes/image_files.ts";
import type { imageSyncRoutes } from "@/region/routes/image_syncs.ts";
import type { imageRoutes } from "@/region/routes/images.ts";
import type { interfaceRoutes } from "@/region/routes/interfaces.ts";
import type { ipAddressRoutes } from "@/region/routes/ip_addresses.ts";
import type { ipRangeRoutes } from "@/region/routes/ip_ranges.ts";
import type { leaseRoutes } from "@/region/routes/leases.ts";
import type { machineRoutes } from "@/region/routes/machines.ts";
import type { meRoutes } from "@/region/routes/me.ts";
import type { notificationRoutes } from "@/region/routes/notifications.ts";
import type { oidcSignInRoutes } from "@/region/routes/oidc_sign_in.ts";
import type { operationRoutes } from "@/region/routes/operations.ts";
import type { ownerDataRoutes } from "@/region/routes/owner_data.ts";
import type { reservationRoutes } from "@/region/routes/reservations.ts";
import type { scriptResultRoutes } from "@/region/routes/script_results.ts";
import type { scriptRoutes } from "@/region/routes/scripts.ts";
import type { sessionRoutes } from "@/region/routes/sessions.ts";
import type { settingRoutes } from "@/region/routes/settings.ts";
import type { siteRoutes } from "@/region/routes/sites.ts";
import type { spaceRoutes } from "@/region/routes/spaces.ts";
import type { sshKeyRoutes } from "@/region/routes/ssh_keys.ts";
import type { storageRoutes } from "@/region/routes/storage.ts";
import type { subnetUseRoutes } from "@/region/routes/subnet_use.ts";
import type { subnetRoutes } from "@/region/routes/subnets.ts";
import type { tagRoutes } from "@/region/routes/tags.ts";
import type { userRoutes } from "@/region/routes/users.ts";
import type { vlanRoutes } from "@/region/routes/vlans.ts";
import type { webhookRoutes } from "@/region/routes/webhooks.ts";

/**
 * Every route of the API by its path and method, as the region's own code declares it: types only,
 * so that nothing of the region is in the browser, and nothing is written twice.
 */
export type ApiSchema =
  & SchemaOf<typeof agentRoutes>
  & SchemaOf<typeof apiKeyRoutes>
  & SchemaOf<typeof auditRoutes>
  & SchemaOf<typeof bmcCertificateRoutes>
  & SchemaOf<typeof bmcScanRoutes>
  & SchemaOf<typeof bootSourceRoutes>
  & SchemaOf<typeof dhcpOptionRoutes>
  & SchemaOf<typeof dnsRecordRoutes>
  & SchemaOf<typeof domainRoutes>
  & SchemaOf<typeof eventRoutes>
  & SchemaOf<typeof fabricRoutes>
  & SchemaOf<typeof factRoutes>
  & SchemaOf<typeof groupRoutes>
  & SchemaOf<typeof identityProviderRoutes>
  & SchemaOf<typeof imageFileRoutes>
  & SchemaOf<typeof imageRoutes>
  & SchemaOf<typeof imageSyncRoutes>
  & SchemaOf<typeof interfaceRoutes>
  & SchemaOf<typeof ipAddressRoutes>
  & SchemaOf<typeof ipRangeRoutes>
  & SchemaOf<typeof leaseRoutes>
  & SchemaOf<typeof machineRoutes>
  & SchemaOf<typeof meRoutes>
  & SchemaOf<typeof notificationRoutes>
  & SchemaOf<typeof oidcSignInRoutes>
  & SchemaOf<typeof operationRoutes>
  & SchemaOf<typeof ownerDataRoutes>
  & SchemaOf<typeof reservationRoutes>
  & SchemaOf<typeof scriptResultRoutes>
  & SchemaOf<typeof scriptRoutes>
  & SchemaOf<typeof sessionRoutes>
  & SchemaOf<typeof settingRoutes>
  & SchemaOf<typeof siteRoutes>
  & SchemaOf<typeof spaceRoutes>
  & SchemaOf<typeof sshKeyRoutes>
  & SchemaOf<typeof storageRoutes>
  & SchemaOf<typeof subnetUseRoutes>
  & SchemaOf<typeof subnetRoutes>
  & SchemaOf<typeof tagRoutes>
  & SchemaOf<typeof userRoutes>
  & SchemaOf<typeof vlanRoutes>
  & SchemaOf<typeof webhookRoutes>;

// deno-lint-ignore no-explicit-any -- whatever the routes are built on
type SchemaOf<F> = F extends (...args: any[]) => OpenAPIHono<any, infer S, any> ? S : never;

export type Method = "get" | "post" | "put" | "patch" | "delete";

/** The paths that take this method. */
export type PathOf<M extends Method> = {
  [P in keyof ApiSchema]: `$${M}` extends keyof ApiSchema[P] ? P : never;
}[keyof ApiSchema];

/** `/sites/:siteId` names these. */
type ParamsOf<P> = P extends `${string}:${infer Name}/${infer Rest}` ? Name | ParamsOf<`/${Rest}`>
  : P extends `${string}:${infer Name}` ? Name
  : never;

type Endpoint<P extends PathOf<M>, M extends Method> = `$${M}` extends keyof ApiSchema[P]
  ? ApiSchema[P][`$${M}`]
  : never;

type Field<T, K extends string> = T extends { input: infer I } ? K extends keyof I ? I[K] : never
  : never;

/** What the query may hold: names are checked, values travel as text. */
type QueryOf<T> = Field<T, "query"> extends infer Q
  ? { readonly [K in keyof Q]?: string | number | boolean | undefined }
  : never;

/** What a request takes beside its path. */
export type InputOf<P extends PathOf<M>, M extends Method> =
  & ([ParamsOf<P>] extends [never] ? { readonly param?: undefined }
    : { readonly param: { readonly [K in ParamsOf<P>]: string | number } })
  & { readonly query?: QueryOf<Endpoint<P, M>> }
  & ([Field<Endpoint<P, M>, "json">] extends [never] ? { readonly json?: undefined }
    : { readonly json: Field<Endpoint<P, M>, "json"> });

/** What it is answered with. */
export type OutputOf<P extends PathOf<M>, M extends Method> = Endpoint<P, M> extends
  { output: infer O } ? O : never;
