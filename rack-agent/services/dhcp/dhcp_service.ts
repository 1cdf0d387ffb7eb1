import type { Lease, LeaseEvent } from "@/rack-agent/protocol/dhcp/lease.ts";
import type { Reservation } from "@/rack-agent/protocol/dhcp/reservations.ts";
import { buildSite, type DhcpConfig } from "@/rack-agent/protocol/dhcp/site.ts";
import type { Clock } from "@/rack-agent/runtime/clock.ts";
import type { Log } from "@/rack-agent/runtime/log.ts";
import type { Service } from "@/rack-agent/runtime/service.ts";
import { SupervisedWorker } from "@/rack-agent/runtime/supervised_worker.ts";
import type { Ipv4 } from "@/shared/net/ipv4.ts";
import type { MacAddress } from "@/shared/net/mac_address.ts";
import { RareAlarms } from "./dhcp_alarms.ts";
import {
  type BootRequestEvent,
  type DhcpAlarm,
  type DhcpCounters,
  type DhcpEvent,
  type FromDhcpWorker,
  NO_DHCP_COUNTERS,
  type SilenceEvent,
  type ToDhcpWorker,
} from "./dhcp_messages.ts";
import { LeaseJournal } from "./lease_journal.ts";
import type { JournalStart } from "./lease_journal_worker.ts";
import { LeaseMirror } from "./lease_mirror.ts";

export interface DhcpServiceDeps {
  /** File of the leases; its folder must exist. Files beside it begin with its name. */
  readonly leaseLogPath: string;
  /** Where machines that boot by HTTP find this agent. */
  readonly httpPort: number;
  readonly clock: Clock;
  readonly log: Log;
  /** Called once the lease is on disk. */
  readonly onLease?: (event: LeaseEvent) => void;
  readonly onBootRequest?: (event: BootRequestEvent) => void;
  /** Why a machine got no answer. */
  readonly onSilence?: (event: SilenceEvent) => void;
  /** Something a person should look at; the same thing at most every ten minutes. */
  readonly onAlarm?: (alarm: DhcpAlarm) => void;
}

/**
 * Gives machines their addresses.
 *
 * Two Workers do it, one for the packets and one for the disk, so that neither images nor the
 * region's answers keep a machine waiting. Here is what they are told, and who hears what they did.
 */
export class DhcpService implements Service {
  readonly name = "dhcp";
  readonly #deps: DhcpServiceDeps;
  readonly #worker: SupervisedWorker<ToDhcpWorker, FromDhcpWorker>;
  readonly #alarms = new RareAlarms();
  readonly #waiting = new Map<number, (text: string) => void>();
  #config: DhcpConfig = { subnets: [], reservations: [] };
  #isRunning = false;
  #number = 0;
  #mirror = new LeaseMirror();
  #counters: DhcpCounters = NO_DHCP_COUNTERS;
  #isMerging = false;
  #journal: LeaseJournal | undefined;

  constructor(deps: DhcpServiceDeps) {
    this.#deps = deps;
    this.#worker = new SupervisedWorker<ToDhcpWorker, FromDhcpWorker>({
      open: () => new Worker(new URL("./dhcp_worker.ts", import.meta.url), { type: "module" }),
      startMessage: (wakeFd) => ({
        kind: "start",
        wakeFd,
        journal: this.#openJournal(),
        httpPort: deps.httpPort,
        config: this.#config,
      }),
      stopMessage: { kind: "stop" },
      onMessage: (message) => this.#onMessage(message),
      onCrash: (reason) => {
        deps.log("dhcp.crashed", { reason });
        this.#answerNobody();
      },
      onEnd: () => this.#journal?.end(),
    });
  }

  #openJournal(): JournalStart {
    const { leaseLogPath, log } = this.#deps;
    this.#journal = new LeaseJournal({
      basePath: leaseLogPath,
      onNotStored: (cause) => log("dhcp.not_stored", { cause }),
      onSegmentClosed: (segment) => this.#merge(segment),
      onCrash: (reason) => this.#worker.replace(reason),
    });
    return this.#journal.start;
  }

  /** Reads the leases and opens the sockets. An interface that is missing is waited for. */
  async start(): Promise<void> {
    const { subnets, reservations } = this.#config;
    await this.#worker.start();
    this.#isRunning = true;
    const isNewer = this.#config.subnets !== subnets || this.#config.reservations !== reservations;
    if (isNewer) await this.#putInForce(this.#config);
  }

  /** Replies that wait for the disk are still sent. */
  async stop(): Promise<void> {
    this.#isRunning = false;
    await this.#worker.stop();
    this.#answerNobody();
  }

  /**
   * Puts a configuration in force; leases are kept. Resolves when the next packet is answered by it.
   *
   * Throws DomainError `invalid_input`, and then the one before stays in force.
   */
  applyConfig(config: DhcpConfig): Promise<unknown> {
    buildSite(config); // only to refuse it here, where somebody listens
    const changes = reservationChanges(this.#config, config);
    this.#config = config;
    if (!changes) return this.#putInForce(config);
    if (changes.put.length + changes.remove.length === 0) return Promise.resolve();
    return this.#ask((number) => ({ kind: "reservations", number, changes }));
  }

  /** The running lease on an address: whose it is. */
  leaseOfIpv4(ipv4: Ipv4): Lease | undefined {
    return this.#mirror.leaseOfIpv4(ipv4, this.#deps.clock.nowMs());
  }

  /** A machine's running leases, the one given last first. */
  leasesOfMac(mac: MacAddress): Lease[] {
    return this.#mirror.leasesOfMac(mac, this.#deps.clock.nowMs());
  }

  /** Every running lease. */
  leases(): Lease[] {
    return this.#mirror.leases(this.#deps.clock.nowMs());
  }

  /** How many leases run. */
  get leaseCount(): number {
    return this.#mirror.count(this.#deps.clock.nowMs());
  }

  /** The last decision about a machine, in a sentence. */
  why(mac: MacAddress): Promise<string> {
    return this.#ask((number) => ({ kind: "why", number, mac }));
  }

  /** As the Worker last told them, a second ago at most. */
  get counters(): DhcpCounters {
    return this.#counters;
  }

  #putInForce(config: DhcpConfig): Promise<unknown> {
    return this.#ask((number) => ({ kind: "config", number, config }));
  }

  #ask(message: (number: number) => ToDhcpWorker): Promise<string> {
    if (!this.#isRunning) return Promise.resolve("the DHCP service does not run");
    const number = ++this.#number;
    const { promise, resolve } = Promise.withResolvers<string>();
    this.#waiting.set(number, resolve);
    this.#worker.post(message(number));
    return promise;
  }

  /** Whoever waits for the Worker would wait for ever. */
  #answerNobody(): void {
    for (const resolve of this.#waiting.values()) resolve("the DHCP service has stopped");
    this.#waiting.clear();
  }

  #onMessage(message: FromDhcpWorker): void {
    switch (message.kind) {
      case "leases":
        this.#mirror = new LeaseMirror(message.leases);
        return;
      case "events":
        return this.#onEvents(message.json);
      case "done":
        this.#waiting.get(message.number)?.(message.text ?? "");
        this.#waiting.delete(message.number);
        return;
      case "log":
        return this.#deps.log(message.event, message.fields);
      case "segment_closed":
        return this.#merge(message.segment);
      case "counters":
        this.#counters = message.counters;
        return;
    }
  }

  #onEvents(json: string): void {
    const events = JSON.parse(json) as DhcpEvent[]; // written by the Worker of this same program
    for (const event of events) this.#onEvent(event);
  }

  #onEvent(event: DhcpEvent): void {
    switch (event.kind) {
      case "lease":
        this.#mirror.apply(event.lease);
        return this.#deps.onLease?.(event.lease);
      case "boot":
        return this.#deps.onBootRequest?.(event.boot);
      case "silence":
        return this.#deps.onSilence?.(event.silence);
      case "alarm":
        if (!this.#alarms.isNew(event.alarm, this.#deps.clock.monoMs())) return;
        this.#deps.log(event.alarm.code, { message: event.alarm.message });
        return this.#deps.onAlarm?.(event.alarm);
    }
  }

  /** On a thread of its own that nobody waits for; when it fails, the next one does more. */
  #merge(upToSegment: number): void {
    if (this.#isMerging) return;
    this.#isMerging = true;
    const url = new URL("./lease_merge_worker.ts", import.meta.url);
    const worker = new Worker(url, { type: "module" });
    const end = (fields: Record<string, unknown>) => {
      this.#isMerging = false;
      worker.terminate();
      this.#deps.log("dhcp.leases_merged", { upToSegment, ...fields });
    };
    worker.onmessage = ({ data }: MessageEvent<{ records: number }>) => end(data);
    worker.onerror = (event) => {
      event.preventDefault();
      end({ failed: event.message });
    };
    worker.postMessage({ basePath: this.#deps.leaseLogPath, upToSegment });
  }
}

/** What to change where only reservations differ; undefined where more does. */
function reservationChanges(before: DhcpConfig, after: DhcpConfig) {
  const rest = ({ subnets, machineOptions, newcomerLimits }: DhcpConfig) =>
    JSON.stringify([subnets, machineOptions, newcomerLimits]);
  if (rest(before) !== rest(after)) return undefined;
  const known = new Map(before.reservations.map((promise) => [promise.ipv4, promise]));
  const put = after.reservations.filter((promise) => !isSame(known.get(promise.ipv4), promise));
  for (const { ipv4 } of after.reservations) known.delete(ipv4);
  return { put, remove: [...known.keys()] };
}

function isSame(a: Reservation | undefined, b: Reservation): boolean {
  return a?.mac === b.mac && a.clientId === b.clientId && a.hostname === b.hostname;
}
