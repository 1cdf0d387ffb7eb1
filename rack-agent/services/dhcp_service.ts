import { type Answer, answer, type SilenceReason } from "@/rack-agent/protocol/dhcp/answer.ts";
import type { BootPolicy } from "@/rack-agent/protocol/dhcp/boot_options.ts";
import {
  type Lease,
  type LeaseChange,
  type LeaseEvent,
  parseLeaseChange,
} from "@/rack-agent/protocol/dhcp/lease.ts";
import { LeaseBook } from "@/rack-agent/protocol/dhcp/lease_book.ts";
import { Newcomers } from "@/rack-agent/protocol/dhcp/newcomers.ts";
import { buildSite, type DhcpConfig, type DhcpSite } from "@/rack-agent/protocol/dhcp/site.ts";
import type { Clock } from "@/rack-agent/runtime/clock.ts";
import { LeaseLog, readLeaseLog } from "@/rack-agent/runtime/lease_log.ts";
import { errorText, type Log } from "@/rack-agent/runtime/log.ts";
import { RareLog } from "@/rack-agent/runtime/rare_log.ts";
import type { Service } from "@/rack-agent/runtime/service.ts";
import { DecodeError } from "@/rack-agent/wire/byte_reader.ts";
import { decodePacket, type DhcpPacket, encodePacket } from "@/rack-agent/wire/dhcp/packet.ts";
import type { Ipv4 } from "@/shared/net/ipv4.ts";
import type { MacAddress } from "@/shared/net/mac_address.ts";
import { type DhcpDatagram, type DhcpTransport, LinuxDhcpTransport } from "./dhcp_transport.ts";

/** A machine was told what to boot, in an ACK. */
export interface BootRequestEvent {
  readonly mac: MacAddress;
  readonly kind: "ipxe" | "pxe" | "http";
  /** Option 93. */
  readonly architecture: number;
  /** File name by TFTP (`pxe`) or URL. */
  readonly firstProgram: string;
  readonly atMs: number;
}

export interface DhcpServiceDeps {
  /** File of the leases; its folder must exist. */
  readonly leaseLogPath: string;
  readonly boot: BootPolicy;
  readonly clock: Clock;
  readonly log: Log;
  /** Called once the lease is on disk, just before the client hears of it. */
  readonly onLease?: (event: LeaseEvent) => void;
  readonly onBootRequest?: (event: BootRequestEvent) => void;
  /** Why a machine got no answer. */
  readonly onSilence?: (event: { mac: MacAddress; reason: SilenceReason; atMs: number }) => void;
  /** Opens the sockets; only tests give another. */
  readonly openTransport?: () => DhcpTransport;
}

export interface DhcpCounters {
  readonly received: number;
  /** Replies sent, and messages dealt with that want none (RELEASE, DECLINE). */
  readonly answered: number;
  /** By reason: a SilenceReason, or `dhcp.malformed`, `.not_stored`, `.not_sent`, `.failed`. */
  readonly dropped: Readonly<Record<string, number>>;
}

/** Interfaces are looked after and leases expire this often. */
const HOUSEKEEPING_MS = 1_000;
/** Machines that were away longer get whatever address is free. */
const REMEMBER_MS = 30 * 24 * 3_600_000;
/** Replies waiting for the disk; beyond it requests wait in the kernel, which drops the rest. */
const COMMITS_PENDING_MAX = 4_096;

/** Moves datagrams between port 67 and the DHCP rules, and leases to disk. Decides nothing itself. */
export class DhcpService implements Service {
  readonly name = "dhcp";
  readonly #deps: DhcpServiceDeps;
  readonly #rareLog: RareLog;
  readonly #counters = { received: 0, answered: 0, dropped: {} as Record<string, number> };
  #site: DhcpSite = buildSite({ subnets: [], reservations: [] });
  #book = new LeaseBook();
  #newcomers = new Newcomers();
  #leaseLog: LeaseLog<LeaseChange> | undefined;
  #transport: DhcpTransport | undefined;
  #loop: Promise<void> = Promise.resolve();
  readonly #commits = new Set<Promise<void>>();
  #isStopping = false;

  constructor(deps: DhcpServiceDeps) {
    this.#deps = deps;
    this.#rareLog = new RareLog(deps.log, () => deps.clock.monoMs());
  }

  /** Reads the leases and opens the sockets. An interface that is missing is waited for. */
  async start(): Promise<void> {
    this.#isStopping = false;
    this.#book = await this.#readBook();
    this.#book.configure(this.#site);
    const transport = (this.#deps.openTransport ?? (() => new LinuxDhcpTransport()))();
    try {
      const oldestMs = () => this.#deps.clock.nowMs() - REMEMBER_MS;
      this.#leaseLog = await LeaseLog.start(
        this.#deps.leaseLogPath,
        () => this.#book.snapshot(oldestMs()),
      );
      this.#listen(transport);
    } catch (error) {
      transport.close();
      await this.#leaseLog?.close();
      this.#leaseLog = undefined;
      throw error;
    }
    this.#transport = transport;
    this.#loop = this.#serve(transport);
  }

  /** Replies that wait for the disk are still sent. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#transport?.wake();
    await this.#loop;
    await Promise.all(this.#commits);
    this.#transport?.close();
    this.#transport = undefined;
    await this.#leaseLog?.close();
    this.#leaseLog = undefined;
  }

  /**
   * Puts a configuration in force from the next packet on; leases are kept.
   *
   * Throws DomainError `invalid_input`, and then the one before stays in force.
   */
  applyConfig(config: DhcpConfig): void {
    this.#site = buildSite(config);
    this.#newcomers = new Newcomers(config.newcomerLimits);
    this.#book.configure(this.#site);
    this.#transport?.wake(); // so that sockets follow at once
  }

  /** The running lease on an address: whose it is. */
  leaseOfIpv4(ipv4: Ipv4): Lease | undefined {
    return this.#book.leaseOfIpv4(ipv4, this.#deps.clock.nowMs());
  }

  /** A machine's running leases, the one given last first. */
  leasesOfMac(mac: MacAddress): Lease[] {
    return this.#book.leasesOfMac(mac, this.#deps.clock.nowMs());
  }

  /** Every running lease. */
  leases(): Lease[] {
    return this.#book.leases(this.#deps.clock.nowMs());
  }

  get counters(): DhcpCounters {
    return structuredClone(this.#counters);
  }

  async #readBook(): Promise<LeaseBook> {
    const { leaseLogPath, log } = this.#deps;
    const { records, damagedLines } = await readLeaseLog(leaseLogPath, parseLeaseChange);
    if (damagedLines > 0) log("dhcp.lease_log_damaged", { path: leaseLogPath, damagedLines });
    const book = new LeaseBook();
    for (const record of records) book.apply(record);
    return book;
  }

  async #serve(transport: DhcpTransport): Promise<void> {
    let housekeepingMs = 0;
    while (!this.#isStopping) {
      const datagrams = await transport.next(HOUSEKEEPING_MS);
      for (const datagram of datagrams) this.#handle(transport, datagram);
      if (this.#commits.size > COMMITS_PENDING_MAX) await Promise.all(this.#commits);
      // An idle turn is a timeout or a call to wake(): both are times to look around.
      const monoMs = this.#deps.clock.monoMs();
      if (datagrams.length > 0 && monoMs < housekeepingMs) continue;
      housekeepingMs = monoMs + HOUSEKEEPING_MS;
      if (!this.#isStopping) this.#keepHouse(transport);
    }
  }

  #keepHouse(transport: DhcpTransport): void {
    for (const event of this.#book.expire(this.#deps.clock.nowMs())) this.#deps.onLease?.(event);
    try {
      this.#listen(transport);
    } catch (error) {
      this.#rareLog.write("dhcp.sockets_unavailable", { cause: errorText(error) });
    }
  }

  #listen(transport: DhcpTransport): void {
    const names = this.#site.subnets.map(({ interfaceName }) => interfaceName);
    for (const { interfaceName, cause } of transport.listenOn(names)) {
      this.#rareLog.write("dhcp.interface_unavailable", { interfaceName, cause: errorText(cause) });
    }
  }

  /** The one place where a packet's failures end: whatever it holds, the next one is served. */
  #handle(transport: DhcpTransport, { interfaceName, bytes }: DhcpDatagram): void {
    this.#counters.received += 1;
    try {
      const request = decodePacket(bytes);
      const nowMs = this.#deps.clock.nowMs();
      const { boot } = this.#deps;
      const state = { site: this.#site, book: this.#book, newcomers: this.#newcomers, boot };
      const decided = answer(request, { interfaceName }, state, nowMs);
      this.#note(request.mac, decided, nowMs);
      const finish = () => this.#finish(transport, { request, interfaceName, decided, nowMs });
      if (decided.commit) this.#commit(decided.commit, finish);
      else finish();
    } catch (error) {
      const reason = error instanceof DecodeError ? "dhcp.malformed" : "dhcp.failed";
      this.#drop(reason, { interfaceName, cause: errorText(error) });
    }
  }

  /** What an answer changes that need not survive a restart. */
  #note(mac: MacAddress, decided: Answer, nowMs: number): void {
    if (decided.kind === "silence") {
      for (const id of decided.withdraw ?? []) this.#book.withdraw(id, mac, nowMs);
      return;
    }
    if (decided.hold) this.#book.hold(decided.hold, nowMs);
    if (decided.newcomer) this.#newcomers.count(decided.newcomer, nowMs);
  }

  /** Runs `then` once the change is on disk; if it cannot be stored, nobody hears of it. */
  #commit(change: LeaseChange, then: () => void): void {
    const event = this.#book.apply(change);
    const stored = this.#leaseLog?.append(change) ?? Promise.reject(new Error("not started"));
    const commit = stored.then(() => {
      this.#deps.onLease?.(event);
      then();
    }).catch((error) => {
      this.#drop("dhcp.not_stored", { mac: change.mac, cause: errorText(error) });
    }).finally(() => this.#commits.delete(commit));
    this.#commits.add(commit);
  }

  #finish(transport: DhcpTransport, { request, interfaceName, decided, nowMs }: Decision): void {
    const { mac } = request;
    if (decided.kind === "silence") {
      if (decided.commit) this.#counters.answered += 1;
      else this.#drop(decided.reason, { mac, interfaceName });
      this.#deps.onSilence?.({ mac, reason: decided.reason, atMs: nowMs });
      return;
    }
    const { reply, destination, boot } = decided;
    const errno = transport.send(interfaceName, {
      bytes: encodePacket(
        reply,
        request.options.maxMessageBytes,
        request.options.parameterRequestList,
      ),
      source: reply.options.serverId ?? reply.serverAddress,
      destination,
    });
    if (errno !== 0) return this.#drop("dhcp.not_sent", { mac, interfaceName, destination, errno });
    this.#counters.answered += 1;
    if (!boot) return;
    const { client: { kind, architecture }, firstProgram } = boot;
    this.#deps.onBootRequest?.({ mac, kind, architecture, firstProgram, atMs: nowMs });
  }

  #drop(reason: string, fields: Record<string, unknown>): void {
    this.#counters.dropped[reason] = (this.#counters.dropped[reason] ?? 0) + 1;
    this.#rareLog.write(reason, fields);
  }
}

interface Decision {
  readonly request: DhcpPacket;
  readonly interfaceName: string;
  readonly decided: Answer;
  readonly nowMs: number;
}
