import { CredentialResponse } from "@/shared/contract/enrolment.ts";
import { FACTS_PER_BATCH_MAX, FactsResponse, type KnownFact } from "@/shared/contract/facts.ts";
import type { ContentFile } from "@/shared/contract/site_state.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { backoffMs, sleep } from "@/rack-agent/runtime/backoff.ts";
import type { Clock } from "@/rack-agent/runtime/clock.ts";
import { asSent, type Journal } from "@/rack-agent/runtime/journal.ts";
import type { Outbox } from "@/rack-agent/runtime/outbox.ts";
import { errorText, type Log } from "@/rack-agent/runtime/log.ts";
import type { Service } from "@/rack-agent/runtime/service.ts";
import { skipBytes } from "@/rack-agent/runtime/skip_bytes.ts";
import type { SiteStore } from "../site_store.ts";
import { type Identity, writeIdentity } from "./identity.ts";
import { RegionClient, RegionRefusal } from "./region_client.ts";

/** How long the region is asked to hold a poll, and how much longer the answer may take. */
const HOLD_SECONDS = 50;
const POLL_TIMEOUT_MS = (HOLD_SECONDS + 10) * 1000;
const REQUEST_TIMEOUT_MS = 15_000;
/** Short, so that a healed link is used soon; a site asks its region at most four times a minute. */
const BACKOFF_MAX_MS = 15_000;

export interface RegionSyncDeps {
  readonly identity: Identity;
  readonly folder: string;
  readonly store: SiteStore;
  readonly journal: Journal;
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Keeps the site's state fresh and its facts delivered, outbound only.
 *
 * Two loops: one polls the state document, one sends the journal in order. When the region is away
 * both wait and try again for ever; nothing else in the agent notices.
 */
export class RegionSyncService implements Service {
  readonly name = "region sync";
  readonly #deps: RegionSyncDeps;
  readonly #client: RegionClient;
  #identity: Identity;
  #stopped = new AbortController();
  #loops: Promise<unknown> = Promise.resolve();
  #lostAtMs: number | undefined;
  /** The region says that the credential is over, whatever this host's clock says. */
  #isExpired = false;
  #wakeSender = () => {};

  constructor(deps: RegionSyncDeps) {
    this.#deps = deps;
    this.#identity = deps.identity;
    this.#client = new RegionClient(
      deps.identity.regionUrl,
      () => ({ signingKey: this.#identity.signingKey, credential: this.#identity.credential }),
      deps.clock,
    );
  }

  /** Who this agent is now; its credential changes when renewed. */
  get identity(): Identity {
    return this.#identity;
  }

  /** Since when the region has not been reached; undefined while it can be. */
  get unreachableSince(): string | undefined {
    return this.#lostAtMs === undefined ? undefined : new Date(this.#lostAtMs).toISOString();
  }

  start(): Promise<void> {
    this.#stopped = new AbortController();
    const { signal } = this.#stopped;
    this.#deps.journal.onAppend(() => this.#wakeSender());
    this.#loops = Promise.all([
      this.#repeat("sync.poll_failed", () => this.#pollOnce(signal), signal),
      this.#repeat("sync.send_failed", () => this.#sendOnce(signal), signal),
    ]);
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#loops;
  }

  /** The bytes of a file that the state document names, from `fromByte` on. */
  async fetchContent(
    file: ContentFile,
    signal: AbortSignal,
    fromByte: number,
  ): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    const response = await this.#client.request({
      method: "GET",
      path: `/agent/v1/blobs/${file.sha256}`,
      ...(fromByte === 0 ? {} : { headers: { range: `bytes=${fromByte}-` } }),
      timeoutMs: 30 * 60_000, // a whole image over a slow line
      signal,
    });
    if (!response.body) throw new Error(`the region sent no body for ${file.sha256}`);
    if (fromByte === 0 || response.status === 206) return response.body;
    // Something in between does not know ranges.
    return response.body.pipeThrough(skipBytes(fromByte));
  }

  /** The hashes of the file's chunks. */
  async fetchChunkHashes(file: ContentFile, signal: AbortSignal): Promise<Uint8Array> {
    const path = `/agent/v1/blobs/${file.sha256}/chunks`;
    const options = { method: "GET" as const, path, timeoutMs: REQUEST_TIMEOUT_MS, signal };
    return await (await this.#client.request(options)).bytes();
  }

  /** Runs `once` for ever; a failure is logged, and waited for, longer each time. */
  async #repeat(event: string, once: () => Promise<void>, signal: AbortSignal): Promise<void> {
    for (let failures = 0; !signal.aborted;) {
      try {
        await once();
        failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof RegionRefusal) this.#isExpired ||= error.code === "credential.expired";
        this.#linkFailed(error);
        this.#deps.log(event, { reason: errorText(error), failures: failures + 1 });
        await sleep(backoffMs(failures++, BACKOFF_MAX_MS, Math.random()), signal);
      }
    }
  }

  async #pollOnce(signal: AbortSignal): Promise<void> {
    await this.#renewWhenDue();
    const { store } = this.#deps;
    const response = await this.#client.request({
      method: "GET",
      path: `/agent/v1/sites/${this.#identity.site.id}/state`,
      headers: {
        // Before the first document there is nothing to hold for.
        ...(store.etag ? { "if-none-match": store.etag, prefer: `wait=${HOLD_SECONDS}` } : {}),
      },
      timeoutMs: POLL_TIMEOUT_MS,
      signal,
    });
    this.#linkWorks();
    if (response.status === 304) return;
    await this.#accept(await response.text(), response.headers.get("etag") ?? "");
  }

  async #accept(jws: string, etag: string): Promise<void> {
    const { store, journal, log } = this.#deps;
    try {
      const state = await store.accept(jws, etag);
      log("state.applied", { generation: state.generation });
      journal.append({ kind: "state.applied", generation: state.generation });
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      log("state.refused", { code: error.code, reason: errorText(error) });
      journal.append({ kind: "state.refused", code: error.code, message: error.message });
      throw error; // so that the next poll waits
    }
  }

  async #sendOnce(signal: AbortSignal): Promise<void> {
    const { journal, store } = this.#deps;
    const facts = journal.pending(FACTS_PER_BATCH_MAX);
    const first = facts[0];
    if (!first) return await this.#nextAppend(signal);
    await journal.flush();
    const logs = await this.#sendLogs(facts);
    const body = JSON.stringify({
      agentId: this.#identity.agentId,
      firstSeq: first.seq,
      facts: asSent(facts),
    });
    const response = await this.#client.request({
      method: "POST",
      path: "/agent/v1/facts",
      body: new TextEncoder().encode(body),
      headers: { "content-type": "application/json" },
      timeoutMs: REQUEST_TIMEOUT_MS,
      signal,
    });
    const { ackedSeq } = FactsResponse.parse(await response.json());
    this.#linkWorks();
    await Promise.all(logs.map((sha256) => this.#deps.outbox.delete(sha256)));
    const running = new Set(store.state?.operations.map(({ id }) => id) ?? []);
    await journal.acknowledge(ackedSeq, running);
  }

  /** Brings bulk bytes to the region ahead of the facts that name them; returns their hashes. */
  async #sendLogs(facts: readonly KnownFact[]): Promise<string[]> {
    const named = facts.flatMap((fact) =>
      fact.kind === "install.reported" && fact.logSha256 ? [fact.logSha256] : []
    );
    for (const sha256 of named) {
      const body = await this.#deps.outbox.get(sha256);
      if (!body) continue; // sent before, and the acknowledgement was lost
      const path = `/agent/v1/blobs/${sha256}`;
      await this.#client.request({ method: "PUT", path, body, timeoutMs: 60_000 })
        .catch((error) => {
          // A log that the region will never take must not hold up the outcome that names it.
          if (!(error instanceof RegionRefusal) || error.status === 401) throw error;
          this.#deps.log("sync.log_refused", { sha256, reason: error.message });
        });
    }
    return named;
  }

  /** Resolves when there may be something to send. */
  #nextAppend(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#wakeSender = () => {};
        signal.removeEventListener("abort", done);
        resolve();
      };
      signal.addEventListener("abort", done, { once: true });
      this.#wakeSender = done;
      if (this.#deps.journal.pendingCount > 0 || signal.aborted) done();
    });
  }

  async #renewWhenDue(): Promise<void> {
    const endsMs = Date.parse(this.#identity.credentialExpiresAt);
    // A third of a day before its end there is still time to try for hours.
    if (!this.#isExpired && this.#deps.clock.nowMs() < endsMs - 8 * 3600_000) return;
    const response = await this.#client.request({
      method: "POST",
      path: "/agent/v1/credential",
      timeoutMs: REQUEST_TIMEOUT_MS,
    });
    // The region's keys in the answer are not taken: nothing that is pinned vouches for them here.
    const { credential, credentialExpiresAt } = CredentialResponse.parse(await response.json());
    this.#identity = { ...this.#identity, credential, credentialExpiresAt };
    this.#isExpired = false;
    await writeIdentity(this.#deps.folder, this.#identity);
    this.#deps.log("credential.renewed", { until: credentialExpiresAt });
  }

  #linkFailed(error: unknown): void {
    if (this.#lostAtMs !== undefined) return;
    this.#lostAtMs = this.#deps.clock.nowMs();
    this.#deps.log("link.lost", { reason: errorText(error) });
  }

  #linkWorks(): void {
    if (this.#lostAtMs === undefined) return;
    const lostAt = new Date(this.#lostAtMs).toISOString();
    this.#lostAtMs = undefined;
    this.#deps.log("link.restored", { lostAt });
    this.#deps.journal.append({ kind: "link.restored", lostAt });
  }
}
