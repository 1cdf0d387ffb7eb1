import { OpenAPIHono } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { RegionContext } from "./context.ts";
import type { ApiEnv } from "./routes/api.ts";
import { agentRoutes as rackAgentRoutes } from "./routes/agent/agent_routes.ts";
import { agentRoutes } from "./routes/agents.ts";
import { allocationRoutes } from "./routes/allocation.ts";
import { addExamples, API_TAGS, nameOperations } from "./routes/api_document.ts";
import { apiViewerRoutes } from "./routes/api_viewer.ts";
import { apiKeyRoutes } from "./routes/api_keys.ts";
import { auditRoutes } from "./routes/audit.ts";
import { authentication } from "./routes/authentication.ts";
import { consoleRoutes } from "./routes/console.ts";
import { dnsRecordRoutes } from "./routes/dns_records.ts";
import { dnsZoneRoutes } from "./routes/dns_zones.ts";
import { domainRoutes } from "./routes/domains.ts";
import { dhcpOptionRoutes } from "./routes/dhcp_options.ts";
import { bootSourceRoutes } from "./routes/boot_sources.ts";
import { deviceRoutes } from "./routes/devices.ts";
import { eventRoutes } from "./routes/events.ts";
import { eventStreamRoutes } from "./routes/event_stream.ts";
import { fabricRoutes } from "./routes/fabrics.ts";
import { factRoutes } from "./routes/facts.ts";
import { groupRoutes } from "./routes/groups.ts";
import { healthRoutes } from "./routes/health.ts";
import { identityProviderRoutes } from "./routes/identity_provider.ts";
import { FILE_PART_PATH, imageFileRoutes } from "./routes/image_files.ts";
import { imageSyncRoutes } from "./routes/image_syncs.ts";
import { imagePublishingRoutes, imageTreeRoutes } from "./routes/image_tree.ts";
import { imageRoutes } from "./routes/images.ts";
import { interfaceRoutes } from "./routes/interfaces.ts";
import { ipAddressRoutes } from "./routes/ip_addresses.ts";
import { ipRangeRoutes } from "./routes/ip_ranges.ts";
import { leaseRoutes } from "./routes/leases.ts";
import { machineActionRoutes } from "./routes/machine_actions.ts";
import { machineBulkRoutes } from "./routes/machine_bulk.ts";
import { machineExportRoutes } from "./routes/machine_export.ts";
import { IMPORT_BYTES_MAX, machineImportRoutes } from "./routes/machine_import.ts";
import { machineRoutes } from "./routes/machines.ts";
import { notificationRoutes } from "./routes/notifications.ts";
import { nameCaller, observeRequests } from "./routes/observe_requests.ts";
import { meRoutes } from "./routes/me.ts";
import { oidcSignInRoutes } from "./routes/oidc_sign_in.ts";
import { operationRoutes } from "./routes/operations.ts";
import { bmcCertificateRoutes } from "./routes/bmc_certificate.ts";
import { bmcScanRoutes } from "./routes/bmc_scans.ts";
import { ownerDataRoutes } from "./routes/owner_data.ts";
import { poolRoutes, zoneRoutes } from "./routes/placements.ts";
import { problemResponse, toProblem } from "./routes/problem.ts";
import { repeatableRequests } from "./routes/repeatable_requests.ts";
import { reservationRoutes } from "./routes/reservations.ts";
import { scriptResultRoutes } from "./routes/script_results.ts";
import { scriptRoutes } from "./routes/scripts.ts";
import { sessionRoutes } from "./routes/sessions.ts";
import { settingRoutes } from "./routes/settings.ts";
import { siteRoutes } from "./routes/sites.ts";
import { spaceRoutes } from "./routes/spaces.ts";
import { sshKeyRoutes } from "./routes/ssh_keys.ts";
import { subnetUseRoutes } from "./routes/subnet_use.ts";
import { storageRoutes } from "./routes/storage.ts";
import { subnetRoutes } from "./routes/subnets.ts";
import { tagRoutes } from "./routes/tags.ts";
import { RequestMetrics } from "./services/health/request_metrics.ts";
import { ProviderClient } from "./services/oidc/provider_client.ts";
import { EVENTS_TOPIC } from "./services/events/follow_events.ts";
import { webhookRoutes } from "./routes/webhooks.ts";
import { vlanRoutes } from "./routes/vlans.ts";
import { userRoutes } from "./routes/users.ts";
import { VERSION } from "./version.ts";

/** The largest body is user-data in a deploy. */
const BODY_BYTES_MAX = 1024 ** 2;
/** A part of an image's file is read into memory whole. */
const PART_BYTES_MAX = 32 * 1024 ** 2;
/** Files of many machines are larger. */
const IMPORT_PATH = "/api/v1/machines/import";

/** The region's HTTP app; all it needs comes in `ctx`, so that tests build as many as they like. */
export function createApp(ctx: RegionContext) {
  const app = new OpenAPIHono<ApiEnv>();
  app.onError(toProblem(ctx));
  app.notFound((c) =>
    problemResponse({
      status: 404,
      code: "route.missing",
      detail: `there is no ${c.req.method} ${c.req.path}`,
    })
  );
  const metrics = new RequestMetrics();
  app.use(observeRequests(ctx, metrics));
  app.use(wakeFollowers(ctx));
  app.use("/api/v1/*", limitBody());
  for (const path of ["/api/v1/*", "/metrics"]) {
    app.use(path, authentication(ctx, isPublic));
    app.use(path, nameCaller());
  }
  app.use("/api/v1/*", repeatableRequests(ctx));
  app.route("/", healthRoutes(ctx, metrics));
  app.route("/", imageTreeRoutes(ctx));
  for (const routes of apiRoutes(ctx)) app.route("/api/v1", routes);
  app.route("/agent/v1", rackAgentRoutes(ctx));
  app.openAPIRegistry.registerComponent("securitySchemes", "bearer", {
    type: "http",
    scheme: "bearer",
    description: "An API key (rwk_...) or the token of a session (rws_...)",
  });
  const document = once(() =>
    addExamples(nameOperations(app.getOpenAPI31Document({
      openapi: "3.1.0",
      info: { title: "Rackwright", version: VERSION },
      tags: API_TAGS,
    })))
  );
  app.route("/api/v1", apiViewerRoutes(ctx));
  app.get("/api/v1/openapi.json", (c) => c.json(document()));
  app.route("/", consoleRoutes(ctx));
  return app;
}

/** The routes never change, and describing them all takes a while. */
function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

function apiRoutes(ctx: RegionContext) {
  const provider = new ProviderClient(ctx);
  return [
    oidcSignInRoutes(ctx, provider),
    identityProviderRoutes(ctx, provider),
    sessionRoutes(ctx),
    meRoutes(ctx),
    userRoutes(ctx),
    groupRoutes(ctx),
    apiKeyRoutes(ctx),
    auditRoutes(ctx),
    settingRoutes(ctx),
    siteRoutes(ctx),
    agentRoutes(ctx),
    spaceRoutes(ctx),
    fabricRoutes(ctx),
    vlanRoutes(ctx),
    subnetRoutes(ctx),
    subnetUseRoutes(ctx),
    dhcpOptionRoutes(ctx),
    ipRangeRoutes(ctx),
    ipAddressRoutes(ctx),
    reservationRoutes(ctx),
    leaseRoutes(ctx),
    domainRoutes(ctx),
    dnsRecordRoutes(ctx),
    dnsZoneRoutes(ctx),
    sshKeyRoutes(ctx),
    zoneRoutes(ctx),
    poolRoutes(ctx),
    tagRoutes(ctx),
    allocationRoutes(ctx),
    machineExportRoutes(ctx), // before the machine whose id might be "export"
    machineImportRoutes(ctx),
    machineRoutes(ctx),
    ownerDataRoutes(ctx),
    bmcCertificateRoutes(ctx),
    bmcScanRoutes(ctx),
    storageRoutes(ctx),
    interfaceRoutes(ctx),
    deviceRoutes(ctx),
    machineBulkRoutes(ctx), // before the machine whose id might be "actions"
    machineActionRoutes(ctx),
    operationRoutes(ctx),
    scriptRoutes(ctx),
    scriptResultRoutes(ctx),
    notificationRoutes(ctx),
    eventStreamRoutes(ctx),
    webhookRoutes(ctx),
    eventRoutes(ctx),
    factRoutes(ctx),
    bootSourceRoutes(ctx),
    imageSyncRoutes(ctx),
    imageFileRoutes(ctx),
    imagePublishingRoutes(ctx),
    imageRoutes(ctx),
  ];
}

/** Whoever signs in is nobody yet. */
const PUBLIC_REQUESTS = [
  "GET /api/v1/openapi.json",
  "POST /api/v1/sessions",
  "GET /api/v1/sign-in-methods",
  "GET /api/v1/sessions/oidc/start",
  "GET /api/v1/sessions/oidc/callback",
];

function isPublic({ method, path }: { method: string; path: string }): boolean {
  // The document is everybody's, and so is what shows it.
  if (method === "GET" && /^\/api\/v1\/docs(\/|$)/.test(path)) return true;
  return PUBLIC_REQUESTS.includes(`${method} ${path}`);
}

/** Whatever was written may have left an event; those who follow the feed look for themselves. */
function wakeFollowers(ctx: RegionContext): MiddlewareHandler {
  return async (c, next) => {
    await next();
    if (c.req.method !== "GET") ctx.hub.publish(EVENTS_TOPIC);
  };
}

function limitBody(): MiddlewareHandler {
  const usual = limitBodyTo(BODY_BYTES_MAX);
  const large = limitBodyTo(IMPORT_BYTES_MAX);
  const part = limitBodyTo(PART_BYTES_MAX);
  return (c, next) => {
    if (FILE_PART_PATH.test(c.req.path)) return part(c, next);
    return (c.req.path === IMPORT_PATH ? large : usual)(c, next);
  };
}

function limitBodyTo(maxSize: number): MiddlewareHandler {
  return bodyLimit({
    maxSize,
    onError: () =>
      problemResponse({
        status: 413,
        code: "request.too_large",
        detail: `a body may have ${maxSize} bytes`,
      }),
  });
}
