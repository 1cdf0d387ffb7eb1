import { type Answer, answer } from "@/rack-agent/protocol/dhcp/answer.ts";
import type { Arrival, DhcpState } from "@/rack-agent/protocol/dhcp/asked.ts";
import type { BootPolicy } from "@/rack-agent/protocol/dhcp/boot_options.ts";
import { type Decision, explain, LastDecisions } from "@/rack-agent/protocol/dhcp/explain.ts";
import type { Lease, LeaseChange, LeaseEvent } from "@/rack-agent/protocol/dhcp/lease.ts";
import { LeaseBook } from "@/rack-agent/protocol/dhcp/lease_book.ts";
import { Newcomers } from "@/rack-agent/protocol/dhcp/newcomers.ts";
import {
  buildSite,
  type DhcpConfig,
  type DhcpSite,
  type DhcpSubnet,
} from "@/rack-agent/protocol/dhcp/site.ts";
import type { Clock } from "@/rack-agent/runtime/clock.ts";
import type { LeaseRing } from "@/rack-agent/runtime/lease_ring.ts";
import { errorText, type Log } from "@/rack-agent/runtime/log.ts";
import { RareLog } from "@/rack-agent/runtime/rare_log.ts";
import { DecodeError } from "@/rack-agent/wire/byte_reader.ts";
import { decodeArpSender, encodeArpProbe } from "@/rack-agent/wire/dhcp/arp_packet.ts";
import { decodeEchoReply, encodeEchoRequest } from "@/rack-agent/wire/icmp/echo.ts";
import { decodePacket, type DhcpPacket, encodePacket } from "@/rack-agent/wire/dhcp/packet.ts";
import type { Ipv4 } from "@/shared/net/ipv4.ts";
import type { MacAddress } from "@/shared/net/mac_address.ts";
import { AddressProber } from "./address_prober.ts";
import type { DhcpAlarm, DhcpCounters, DhcpEvent, ReservationChanges } from "./dhcp_messages.ts";
import type { DhcpReply, DhcpTransport, WantedLink } from "./dhcp_transport.ts";
import { alarmOf } from "./dhcp_alarms.ts";
import { PendingCommits } from "./pending_commits.ts";
import { ReplyTimes } from "./reply_times.ts";

export interface DhcpEngineDeps {
  readonly transport: DhcpTransport;
  readonly ring: LeaseRing;
  readonly boot: BootPolicy;
  readonly clock: Clock;
  readonly log: Log;
  /** Hears what happened: of a lease once it is on disk, before the client does. */
  readonly tell: (events: readonly DhcpEvent[]) => void;
  /** An interface's own address on its link, for probing; undefined: not probed. */
  readonly macOfInterface: (interfaceName: string) => MacAddress | undefined;
}

/** One request on its way to its reply. */
interface Turn {
  readonly request: DhcpPacket;
  readonly arrival: Arrival;
  readonly decided: Answer;
  readonly nowMs: number;
  /** When it was read, on the monotonic clock. */
  readonly readMs: number;
}

/** Requests that may commit a lease in one turn at most, for the room that is kept in the ring. */
const TURN_REQUESTS_MAX = 1_024;
/** Tells the answers to our echoes from those to other programs of this host. */
const PING_ID = 0x5277;

/** Moves datagrams between the transport and the DHCP rules, and leases to disk. Decides nothing. */
export class DhcpEngine {
  readonly #deps: DhcpEngineDeps;
  readonly #rareLog: RareLog;
  readonly #counters = { received: 0, answered: 0, dropped: {} as Record<string, number> };
  readonly #times = new ReplyTimes();
  readonly #book = new LeaseBook();
  readonly #prober = new AddressProber();
  readonly #decisions = new LastDecisions();
  readonly #commits: PendingCommits<{ turn?: Turn; reply?: DhcpReply; event: LeaseEvent }>;
  #site: DhcpSite = buildSite({ subnets: [], reservations: [] });
  #newcomers = new Newcomers();
  #events: DhcpEvent[] = [];
  #lostPackets = new Map<string, number>();

  constructor(deps: DhcpEngineDeps) {
    this.#deps = deps;
    this.#rareLog = new RareLog(deps.log, () => deps.clock.monoMs());
    this.#commits = new PendingCommits(deps.ring);
  }

  /** A change as it was stored, before anybody is answered. */
  restore(change: LeaseChange): void {
    this.#book.apply(change);
  }

  /** Those that run. */
  leases(): Iterable<Lease> {
    return this.#book.leases(this.#deps.clock.nowMs());
  }

  /** Puts a configuration in force from the next packet on; leases are kept. */
  configure(config: DhcpConfig): void {
    this.#site = buildSite(config);
    this.#newcomers = new Newcomers(config.newcomerLimits);
    this.#book.configure(this.#site);
  }

  changeReservations({ put, remove }: ReservationChanges): void {
    for (const ipv4 of remove) {
      this.#site.reservations.remove(ipv4);
      this.#book.giveBack(ipv4);
    }
    for (const reservation of put) this.#site.reservations.put(reservation);
  }

  /** Answers what has come in, and sends what is on disk by now. */
  turn(): void {
    const { transport, clock } = this.#deps;
    this.#finishCommits();
    const nowMs = clock.nowMs();
    const readMs = clock.monoMs();
    if (this.#commits.hasRoomFor(TURN_REQUESTS_MAX)) {
      transport.receive((arrival, bytes) => this.#handle(arrival, bytes, { nowMs, readMs }));
    }
    transport.hear((_, packet) => this.#hear(packet));
    transport.hearPings((packet) => this.#hearPing(packet));
    this.#prober.finish(readMs);
    this.#commits.publish();
    this.#finishCommits();
    this.#flush();
  }

  /** Sends what is on disk by now, and reads nothing more. */
  finish(): void {
    this.#commits.publish();
    this.#finishCommits();
    this.#flush();
  }

  /** How long nothing but a packet or the disk makes another turn worth it. */
  idleMs(maxMs: number): number {
    const nextMs = this.#prober.nextMs;
    return nextMs === undefined
      ? maxMs
      : Math.min(maxMs, Math.max(0, nextMs - this.#deps.clock.monoMs()));
  }

  /** Call about once a second. */
  keepHouse(): void {
    const nowMs = this.#deps.clock.nowMs();
    for (const lease of this.#book.expire(nowMs)) this.#events.push({ kind: "lease", lease });
    for (const { interfaceName, cause } of this.#deps.transport.listenOn(this.#wantedLinks())) {
      this.#rareLog.write("dhcp.interface_unavailable", { interfaceName, cause: errorText(cause) });
    }
    this.#watchLosses();
    this.#flush();
  }

  get waitingForDisk(): number {
    return this.#commits.size;
  }

  get counters(): DhcpCounters {
    return {
      ...structuredClone(this.#counters),
      replyTime: this.#times.histogram,
      waitingForDisk: this.#commits.size,
      sockets: this.#deps.transport.memory(),
    };
  }

  /** The last decision about a machine, in a sentence. */
  why(mac: MacAddress): string {
    const nowMs = this.#deps.clock.nowMs();
    return explain({ mac, nowMs, site: this.#site, book: this.#book, decisions: this.#decisions });
  }

  /** The one place where a packet's failures end: whatever it holds, the next one is served. */
  #handle(
    arrival: Arrival,
    bytes: Uint8Array,
    { nowMs, readMs }: { nowMs: number; readMs: number },
  ): void {
    this.#counters.received += 1;
    const { interfaceName } = arrival;
    try {
      const request = decodePacket(bytes);
      const state: DhcpState = {
        site: this.#site,
        book: this.#book,
        newcomers: this.#newcomers,
        boot: this.#deps.boot,
      };
      const decided = answer(request, arrival, state, nowMs);
      this.#decide({ request, arrival, decided, nowMs, readMs });
    } catch (error) {
      const reason = error instanceof DecodeError ? "dhcp.malformed" : "dhcp.failed";
      this.#drop(reason, { interfaceName, cause: errorText(error) });
    }
  }

  #decide(turn: Turn): void {
    const { request, arrival, decided, nowMs } = turn;
    this.#decisions.note(decisionOf(turn));
    const alarm = alarmOf(decided, arrival, request.mac);
    if (alarm) this.#alarm(alarm);
    if (decided.kind === "silence") {
      for (const id of decided.withdraw ?? []) this.#book.withdraw(id, request.mac, nowMs);
      if (decided.commit) this.#commit(decided.commit, turn);
      else this.#drop(decided.reason, { mac: request.mac, interfaceName: arrival.interfaceName });
      this.#events.push({
        kind: "silence",
        silence: { mac: request.mac, reason: decided.reason, atMs: nowMs },
      });
      return;
    }
    if (decided.hold) this.#book.hold(decided.hold, nowMs);
    if (decided.newcomer) this.#newcomers.count(decided.newcomer, nowMs);
    const reply = replyOf(turn);
    if (!reply) return;
    if (decided.commit) this.#commit(decided.commit, turn, reply);
    else if (!this.#mustWaitForProbe(turn, decided, reply)) this.#send(turn, reply);
  }

  /** Books a change at once, and lets nobody hear of it before it is on disk. */
  #commit(change: LeaseChange, turn?: Turn, reply?: DhcpReply): void {
    const event = this.#book.apply(change);
    this.#commits.add(change, { turn, reply, event });
  }

  #finishCommits(): void {
    this.#commits.takeStored(({ turn, reply, event }) => {
      this.#events.push({ kind: "lease", lease: event });
      if (turn && reply) this.#send(turn, reply);
      else if (turn) this.#counters.answered += 1;
    });
    for (const { event: { mac, ipv4 } } of this.#commits.takeLost()) {
      this.#drop("dhcp.not_stored", { mac, ipv4 });
      const message = "leases cannot be written to disk, so machines are given none";
      this.#alarm({ code: "dhcp.leases_not_stored", subject: "disk", message });
    }
  }

  #send(turn: Turn, reply: DhcpReply): void {
    const { arrival, decided, request: { mac }, nowMs, readMs } = turn;
    this.#deps.transport.send(arrival.interfaceName, reply);
    this.#counters.answered += 1;
    this.#times.add(this.#deps.clock.monoMs() - readMs);
    if (decided.kind !== "reply" || !decided.boot) return;
    const { client: { kind, architecture }, firstProgram } = decided.boot;
    const boot = { mac, kind, architecture, firstProgram, atMs: nowMs };
    this.#events.push({ kind: "boot", boot });
  }

  /** True when the offer is held back until nobody is seen to use its address. */
  #mustWaitForProbe(turn: Turn, decided: Answer & { kind: "reply" }, reply: DhcpReply): boolean {
    const { hold } = decided;
    if (!hold) return false;
    const { ipv4 } = hold;
    if (this.#prober.isProbing(ipv4)) return true; // asked again meanwhile: the first will do
    const { probe: subnet } = decided;
    const ask = subnet && this.#askerOf(turn, subnet, ipv4);
    const isStarted = ask !== undefined && this.#prober.start(ipv4, {
      mac: turn.request.mac,
      free: () => this.#send(turn, reply),
      taken: (by) => this.#onConflict(turn, hold, by),
    }, turn.readMs);
    if (isStarted && !ask()) this.#prober.forget(ipv4);
    return isStarted && this.#prober.isProbing(ipv4);
  }

  /** How to ask who has an address: by ARP on the link, by an echo where ARP does not reach. */
  #askerOf(
    { arrival: { interfaceName }, request }: Turn,
    subnet: DhcpSubnet,
    ipv4: Ipv4,
  ): (() => boolean) | undefined {
    const { transport, macOfInterface } = this.#deps;
    if (!isLocal(request)) {
      return () => transport.ping(ipv4, encodeEchoRequest({ identifier: PING_ID, sequence: 1 }));
    }
    const ownMac = subnet.interfaceName === interfaceName
      ? macOfInterface(interfaceName)
      : undefined;
    return ownMac && (() => {
      transport.probe(interfaceName, encodeArpProbe(ownMac, ipv4));
      return true;
    });
  }

  #hear(packet: Uint8Array): void {
    if (this.#prober.nextMs === undefined) return;
    try {
      const { mac, ipv4 } = decodeArpSender(packet);
      this.#prober.hear(ipv4, mac);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error; // not ours: other hardware or protocols
    }
  }

  #hearPing(packet: Uint8Array): void {
    if (this.#prober.nextMs === undefined) return;
    try {
      const { source, identifier } = decodeEchoReply(packet);
      if (identifier === PING_ID) this.#prober.hear(source);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
    }
  }

  /** The address is put in quarantine, and the machine, which asks again soon, gets another. */
  #onConflict(
    { request: { mac } }: Turn,
    hold: { ipv4: Lease["ipv4"]; subnetId: number },
    by?: MacAddress,
  ) {
    const { ipv4, subnetId } = hold;
    const atMs = this.#deps.clock.nowMs();
    const seconds = this.#site.subnets.find(({ id }) => id === subnetId)?.declineSeconds ?? 3_600;
    this.#commit({ kind: "decline", mac, ipv4, subnetId, atMs, untilMs: atMs + seconds * 1_000 });
    const message = `${ipv4} was about to be given to ${mac}, but ${by ?? "another host"} uses it`;
    this.#alarm({ code: "dhcp.address_conflict", subject: ipv4, message });
  }

  #watchLosses(): void {
    for (const { interfaceName, drops } of this.#deps.transport.memory()) {
      const before = this.#lostPackets.get(interfaceName) ?? 0;
      this.#lostPackets.set(interfaceName, drops);
      if (drops <= before) continue;
      const message = `the kernel dropped ${drops - before} requests on ${interfaceName}`;
      this.#alarm({ code: "dhcp.packets_lost", subject: interfaceName, message });
    }
  }

  #wantedLinks(): WantedLink[] {
    const byName = Map.groupBy(this.#site.subnets, ({ interfaceName }) => interfaceName);
    return [...byName].map(([interfaceName, subnets]) => ({
      interfaceName,
      isProxied: subnets.some(({ mode }) => mode === "proxy"),
    }));
  }

  #flush(): void {
    // Whoever watches hears of a lease before its machine does.
    if (this.#events.length > 0) this.#deps.tell(this.#events);
    this.#events = [];
    for (const errno of this.#deps.transport.flush()) this.#drop("dhcp.not_sent", { errno });
  }

  #alarm(alarm: DhcpAlarm): void {
    this.#events.push({ kind: "alarm", alarm });
  }

  #drop(reason: string, fields: Record<string, unknown>): void {
    this.#counters.dropped[reason] = (this.#counters.dropped[reason] ?? 0) + 1;
    this.#rareLog.write(reason, fields);
  }
}

function isLocal({ relayAddress }: DhcpPacket): boolean {
  return relayAddress === "0.0.0.0";
}

function replyOf({ request: { options }, decided }: Turn): DhcpReply | undefined {
  if (decided.kind !== "reply") return undefined;
  const { reply, destination } = decided;
  return {
    bytes: encodePacket(reply, options.maxMessageBytes, options.parameterRequestList),
    source: reply.options.serverId ?? reply.serverAddress,
    destination,
  };
}

function decisionOf({ request, arrival, decided, nowMs }: Turn): Decision {
  return {
    mac: request.mac,
    atMs: nowMs,
    asked: request.options.messageType ?? 0,
    interfaceName: arrival.interfaceName,
    relayAddress: request.relayAddress,
    outcome: decided.kind === "reply"
      ? {
        kind: "reply",
        messageType: decided.reply.options.messageType ?? 0,
        ipv4: decided.reply.yourAddress,
        message: decided.reply.options.message,
        program: decided.boot?.firstProgram,
      }
      : { kind: "silence", reason: decided.reason, about: decided.about },
  };
}
