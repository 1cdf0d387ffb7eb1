import { parseMacAddress } from "@/shared/net/mac_address.ts";
import { ipv4ToNumber, parseIpv4 } from "@/shared/net/ipv4.ts";
import type { SiteState } from "@/shared/contract/site_state.ts";
import type { Lease, LeaseEvent } from "./protocol/dhcp/lease.ts";
import type { RunOptions } from "./config.ts";
import { systemClock } from "./runtime/clock.ts";
import { ContentCache } from "./runtime/content_cache.ts";
import { lockFolder } from "./runtime/folder_lock.ts";
import { Journal } from "./runtime/journal.ts";
import { errorText, jsonLog, type Log } from "./runtime/log.ts";
import { Outbox } from "./runtime/outbox.ts";
import { startAll, stopAll } from "./runtime/service.ts";
import type { BootRequestEvent, DhcpAlarm } from "./services/dhcp/dhcp_messages.ts";
import { OtherServersWatch } from "./services/dhcp/other_servers_watch.ts";
import { DhcpService } from "./services/dhcp/dhcp_service.ts";
import { BootScripts } from "./services/http_boot/boot_scripts.ts";
import { FileService } from "./services/file_server/file_service.ts";
import { HttpBootService } from "./services/http_boot/http_boot_service.ts";
import { CredentialBook } from "./services/metadata/credential_book.ts";
import { MachineReports } from "./services/metadata/machine_reports.ts";
import { MetadataRoutes } from "./services/metadata/metadata_routes.ts";
import { OperationsService } from "./services/operations_service.ts";
import { BmcScanService } from "./services/power/bmc_scan_service.ts";
import { summarizePower } from "./services/power/power_summary.ts";
import { powerControl } from "./services/power/power_executor.ts";
import { readIdentity } from "./services/region_sync/identity.ts";
import { sealSecret } from "./services/region_sync/site_document.ts";
import { RegionSyncService } from "./services/region_sync/region_sync_service.ts";
import {
  hostAddresses,
  hostBroadcasts,
  type ServedNetworks,
  servedNetworks,
} from "./services/served_networks.ts";
import { contentSource, prefetch } from "./services/site_content.ts";
import { RouterAnswerService } from "./services/router_answer_service.ts";
import { SiteStore } from "./services/site_store.ts";
import { BootLog } from "./services/status/boot_log.ts";
import { runChecks } from "./services/check/run_checks.ts";
import { ObservationService } from "./services/status/observation_service.ts";
import { StatusPage } from "./services/status/status_page.ts";
import { type ShownLease, StatusService } from "./services/status/status_service.ts";
import { autoexecRoute } from "./services/tftp/autoexec_route.ts";
import { TftpService } from "./services/tftp/tftp_service.ts";
import { Who } from "./services/who.ts";
import { upstreamSource } from "./services/upstream_source.ts";
import { AGENT_VERSION } from "./version.ts";

/** Serves the site until SIGTERM or SIGINT, then stops what it started, newest first. */
export async function runAgent(
  command: { readonly folder: string } & RunOptions,
): Promise<void> {
  const log = jsonLog(systemClock.nowMs);
  const lock = await lockFolder(command.folder);
  const agent = await composeAgent(command, log);
  try {
    await agent.start();
    log("agent.started", { version: AGENT_VERSION, folder: command.folder });
    log("agent.stopping", { signal: await untilSignal() });
  } finally {
    await agent.stop();
    lock.close();
  }
}

/** Builds the agent out of its parts; nothing is opened to the network before `start`. */
async function composeAgent(
  { folder, httpPort, filesPort, statusPort, tftpPorts, cacheBytes }:
    & { readonly folder: string }
    & RunOptions,
  log: Log,
) {
  const clock = systemClock;
  for (const part of ["cache", "outbox"]) {
    await Deno.mkdir(`${folder}/${part}`, { recursive: true, mode: 0o700 });
  }
  const identity = await readIdentity(folder);
  const journal = await Journal.open(folder, clock);
  const credentials = await CredentialBook.open(folder);
  const outbox = new Outbox(`${folder}/outbox`);
  const store = new SiteStore(folder, () => identity);
  const sync = new RegionSyncService({ identity, folder, store, journal, outbox, clock, log });
  const cache = new ContentCache({
    folder: `${folder}/cache`,
    fetcher: (file, signal, fromByte) => sync.fetchContent(file, signal, fromByte),
    fetchChunkHashes: (file, signal) => sync.fetchChunkHashes(file, signal),
    upstream: upstreamSource({ clock, log }),
    onCached: ({ sha256, bytes }, { origin, ...arrival }) =>
      journal.append({
        kind: "image.cached",
        sha256,
        bytes,
        ...arrival,
        ...(origin === "region" ? {} : { origin }),
      }),
    budgetBytes: cacheBytes,
    onDiskFull: ({ sha256 }, { code, message }) => {
      log(code, { sha256, message });
      journal.append({ kind: "image.not_cached", sha256, code, message });
    },
    onEvicted: (sha256) => {
      files.forget(sha256);
      log("content.evicted", { sha256 });
    },
  });
  const siteKey = () => identity.siteKey;
  const power = powerControl({
    clock,
    log,
    siteKey,
    broadcasts: hostBroadcasts,
    record: (fact) => journal.append(fact),
  });
  const operations = new OperationsService({
    store,
    journal,
    clock,
    log,
    power: power.execute,
    agentId: identity.agentId,
    unreachableSinceMs: () =>
      sync.unreachableSince === undefined ? undefined : Date.parse(sync.unreachableSince),
    onEnded: (id) => credentials.endOperation(id),
  });
  const who = new Who({
    store,
    operations,
    macOfLease: (ipv4) => dhcp.leaseOfIpv4(parseIpv4(ipv4))?.mac,
  });
  const dhcp = new DhcpService({
    leaseLogPath: `${folder}/leases.log`,
    httpPort,
    clock,
    log,
    onLease: (event) => recordLease(journal, who, event),
    onBootRequest: (event) => recordBootRequest(journal, who, event),
    onAlarm: (alarm) => recordAlarm(journal, alarm),
  });
  const otherServers = new OtherServersWatch({
    log,
    ownAddresses: () => new Set(hostAddresses().map(({ ipv4 }) => ipv4)),
    random32: () => crypto.getRandomValues(new Uint32Array(1))[0] ?? 0,
    onAlarm: (alarm) => {
      log(alarm.code, { message: alarm.message });
      recordAlarm(journal, alarm);
    },
  });
  const tftp = new TftpService({
    routes: [{
      name: "boot files",
      match: async (path) => {
        const found = store.state?.bootFiles.find(({ name }) => name === path);
        return found && { kind: "file", path: await cache.ensure(found.file) };
      },
    }, autoexecRoute(httpPort)],
    transferPorts: tftpPorts,
    log,
    onServed: ({ client, ...served }) =>
      recordServed(journal, who, "tftp", { ...served, ipv4: client.address }),
  });
  const files = new FileService({
    port: filesPort,
    log,
    source: contentSource(store, cache, log),
    onServed: (served) => recordServed(journal, who, "http", served),
  });
  const reports = new MachineReports({
    journal,
    credentials,
    outbox,
    log,
    seal: (secret) => sealSecret(secret, { siteId: identity.site.id, siteKey: identity.siteKey }),
    addressOf: (mac) => dhcp.leasesOfMac(parseMacAddress(mac))[0]?.ipv4,
  });
  const http = new HttpBootService({
    port: httpPort,
    store,
    cache,
    journal,
    who,
    log,
    scripts: new BootScripts({ store, operations, credentials, journal, who, filesPort }),
    metadata: new MetadataRoutes({ store, journal, who, credentials, reports, siteKey, filesPort }),
    nowMs: clock.nowMs,
  });

  const bmcScans = new BmcScanService({ log, report: (fact) => journal.append(fact) });
  const routerAnswers = new RouterAnswerService({ clock, log });
  let networks: ServedNetworks | undefined;
  const serve = (state: SiteState) => {
    networks = servedNetworks(state, hostAddresses());
    void dhcp.applyConfig(networks.dhcp);
    const { subnets } = networks.dhcp;
    const interfacesOf = (some: typeof subnets) => some.map(({ interfaceName }) => interfaceName);
    routerAnswers.applyInterfaces(interfacesOf(subnets));
    otherServers.applyInterfaces(interfacesOf(subnets.filter(({ mode }) => mode !== "proxy")));
    tftp.applyAddresses(subnets.map(({ serverAddress }) => serverAddress));
    power.applyState(state);
    void prefetch(cache, state, log);
    bmcScans.applyState(state);
  };
  store.onChange(serve);

  const boots = new BootLog();
  journal.onAppend((fact) => boots.note(fact));
  const agentStatus = () => ({
    version: AGENT_VERSION,
    pid: Deno.pid,
    agentId: identity.agentId,
    site: identity.site,
    region: {
      url: identity.regionUrl,
      unreachableSince: sync.unreachableSince,
      factsWaiting: journal.pendingCount,
    },
    generation: store.state?.generation,
    networks: networks?.lines ?? [],
    leases: dhcp.leaseCount,
    operations: runningOperations(store, operations),
    power: summarizePower(power.watch.list(), clock.nowMs()),
    counters: {
      dhcp: dhcp.counters,
      tftp: tftp.counters,
      http: http.counters,
      files: files.counters,
      power: power.watch.counters,
    },
    boots: boots.recent(),
  });
  const status = new StatusService({
    folder,
    log,
    status: agentStatus,
    leases: () => shownLeases(dhcp.leases()),
    why: (mac) => dhcp.why(parseMacAddress(mac)),
  });
  const statusPage = new StatusPage({ port: statusPort, log, status: agentStatus });

  const observation = new ObservationService({
    log,
    status: agentStatus,
    checks: () => runChecks({ folder, httpPort, filesPort, statusPort, agentPid: Deno.pid }),
    cache: () => cache.usage(),
    onObserved: (observed) => journal.append({ kind: "agent.observed", ...observed }),
  });

  const services = [
    ...[dhcp, otherServers, routerAnswers, tftp, files, http],
    ...[power.watch, operations, bmcScans, status, statusPage, sync],
    observation,
  ];
  return {
    async start() {
      journal.append({ kind: "agent.started", version: AGENT_VERSION });
      await store.load().catch((error) =>
        log("state.copy_refused", { reason: errorText(error), next: "waiting for the region" })
      );
      await startAll(services);
    },
    async stop() {
      cache.stop();
      await stopAll(services);
      await journal.close();
    },
  };
}

function shownLeases(leases: readonly Lease[]): ShownLease[] {
  return leases.toSorted((a, b) => ipv4ToNumber(a.ipv4) - ipv4ToNumber(b.ipv4)).map(
    ({ ipv4, mac, hostname, expiresAtMs }) => ({
      ipv4,
      mac,
      hostname,
      expiresAt: new Date(expiresAtMs).toISOString(),
    }),
  );
}

function runningOperations(store: SiteStore, operations: OperationsService) {
  return (store.state?.operations ?? []).flatMap((operation) => {
    const step = operations.stepOf(operation);
    if (step.outcome.kind !== "running") return [];
    const hostname = store.machine(operation.systemId)?.hostname ?? operation.systemId;
    return [{ id: operation.id, kind: operation.kind, hostname, phase: step.phase.name }];
  });
}

function recordAlarm(journal: Journal, { code, message }: DhcpAlarm): void {
  journal.append({ kind: "alarm.raised", code, message });
}

function recordLease(journal: Journal, who: Who, event: LeaseEvent): void {
  const { mac, ipv4, subnetId, hostname } = event;
  if (event.kind === "renewed") return; // nothing changed for anybody but the clock
  const subject = who.subject(mac);
  journal.append(
    event.kind === "given"
      ? { kind: "lease.given", ipv4, subnetId, hostname, ...subject }
      : { kind: "lease.ended", ipv4, subnetId, why: event.kind, ...subject },
  );
}

function recordServed(
  journal: Journal,
  who: Who,
  protocol: "tftp" | "http",
  served: { path: string; ipv4: string; bytes: number; durationMs: number },
): void {
  const mac = who.macAt(served.ipv4);
  const subject = mac ? who.subject(mac) : {};
  journal.append({ kind: "file.served", protocol, ...served, ...subject });
}

function recordBootRequest(journal: Journal, who: Who, event: BootRequestEvent): void {
  const { mac, architecture, firstProgram: program } = event;
  journal.append({ kind: "boot.offered", architecture, program, ...who.subject(mac) });
}

function untilSignal(): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  Deno.addSignalListener("SIGTERM", () => resolve("SIGTERM"));
  Deno.addSignalListener("SIGINT", () => resolve("SIGINT"));
  return promise;
}
