import type { SilenceReason } from "@/rack-agent/protocol/dhcp/answer.ts";
import type { LeaseEvent } from "@/rack-agent/protocol/dhcp/lease.ts";
import type { Reservation } from "@/rack-agent/protocol/dhcp/reservations.ts";
import type { DhcpConfig } from "@/rack-agent/protocol/dhcp/site.ts";
import type { SocketMemory } from "@/rack-agent/runtime/libc_socket_memory.ts";
import type { TimeHistogram } from "./reply_times.ts";
import type { JournalStart } from "./lease_journal_worker.ts";
import type { PackedLeases } from "./lease_columns.ts";
import type { Ipv4 } from "@/shared/net/ipv4.ts";
import type { MacAddress } from "@/shared/net/mac_address.ts";

/** What the Worker that answers machines is told. */
export type ToDhcpWorker =
  | {
    readonly kind: "start";
    /** Of an eventfd that is added to after each message but this one. */
    readonly wakeFd: number;
    /** Of the thread that stores leases. */
    readonly journal: JournalStart;
    readonly httpPort: number;
    readonly config: DhcpConfig;
  }
  | { readonly kind: "config"; readonly number: number; readonly config: DhcpConfig }
  | { readonly kind: "reservations"; readonly number: number; readonly changes: ReservationChanges }
  | { readonly kind: "why"; readonly number: number; readonly mac: MacAddress }
  | { readonly kind: "stop" };

/** What is different, where nothing but reservations is. */
export interface ReservationChanges {
  readonly put: readonly Reservation[];
  readonly remove: readonly Ipv4[];
}

/** What the Worker tells. */
export type FromDhcpWorker =
  /** Before `started`: what the files held. */
  | { readonly kind: "leases"; readonly leases: PackedLeases }
  /** A list of `DhcpEvent` as JSON: it costs less to make than the copy of a list would. */
  | { readonly kind: "events"; readonly json: string }
  /** A message with this number is in force. */
  | { readonly kind: "done"; readonly number: number; readonly text?: string }
  | { readonly kind: "log"; readonly event: string; readonly fields: Record<string, unknown> }
  /** This segment and those before it can be merged. */
  | { readonly kind: "segment_closed"; readonly segment: number }
  | { readonly kind: "counters"; readonly counters: DhcpCounters };

/** What happened, in the order in which it did. */
export type DhcpEvent =
  | { readonly kind: "lease"; readonly lease: LeaseEvent }
  | { readonly kind: "boot"; readonly boot: BootRequestEvent }
  | { readonly kind: "silence"; readonly silence: SilenceEvent }
  | { readonly kind: "alarm"; readonly alarm: DhcpAlarm };

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

/** Why a machine got no answer. */
export interface SilenceEvent {
  readonly mac: MacAddress;
  readonly reason: SilenceReason;
  readonly atMs: number;
}

/** Something a person should look at. One code about one subject is told once in a while. */
export interface DhcpAlarm {
  readonly code:
    | "dhcp.packets_lost" // the kernel had no room for them
    | "dhcp.range_full"
    | "dhcp.too_many_newcomers"
    | "dhcp.other_server"
    | "dhcp.address_conflict"
    | "dhcp.leases_not_stored";
  /** What it is about: an interface, a network, an address, a port. */
  readonly subject: string;
  readonly message: string;
}

export interface DhcpCounters {
  readonly received: number;
  /** Replies sent, and messages dealt with that want none (RELEASE, DECLINE). */
  readonly answered: number;
  /** By reason: a SilenceReason, or `dhcp.malformed`, `.not_stored`, `.not_sent`, `.failed`. */
  readonly dropped: Readonly<Record<string, number>>;
  /** From reading a request to sending its reply. */
  readonly replyTime: TimeHistogram;
  /** Replies that wait for the disk. */
  readonly waitingForDisk: number;
  readonly sockets: readonly ({ readonly interfaceName: string } & SocketMemory)[];
}

export const NO_DHCP_COUNTERS: DhcpCounters = {
  received: 0,
  answered: 0,
  dropped: {},
  replyTime: { byPowerOfTwoUs: [], sumMs: 0 },
  waitingForDisk: 0,
  sockets: [],
};
