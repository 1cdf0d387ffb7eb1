import type { Endpoint } from "@/rack-agent/runtime/libc_socket.ts";
import type { Ipv4 } from "@/shared/net/ipv4.ts";
import type { PortRange } from "./tftp_listener.ts";
import type { Served } from "./tftp_transfers.ts";

/** What the Worker that moves packets is told. */
export type ToWorker =
  | {
    readonly kind: "start";
    /** Of an eventfd that is added to after each message but this one. */
    readonly wakeFd: number;
    readonly port: number;
    readonly transferPorts: PortRange | undefined;
    readonly addresses: readonly Ipv4[];
  }
  | { readonly kind: "addresses"; readonly addresses: readonly Ipv4[] }
  | { readonly kind: "answer"; readonly requestId: number; readonly answer: TftpAnswer }
  | { readonly kind: "stop" };

/** What there is to be had for a request. */
export type TftpAnswer =
  | { readonly kind: "file"; readonly path: string; readonly file: TftpFile }
  | { readonly kind: "missing" }
  | { readonly kind: "unavailable"; readonly cause: string };

/** A file on disk that never changes, or bytes made for this request. */
export type TftpFile =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "bytes"; readonly bytes: Uint8Array };

/** A file that somebody asks for. */
export interface TftpRequest {
  /** As the client wrote it. */
  readonly path: string;
  readonly client: Endpoint;
  /** The agent's address that was asked. */
  readonly serverAddress: Ipv4;
}

/** What the Worker tells. */
export type FromWorker =
  | { readonly kind: "request"; readonly requestId: number; readonly request: TftpRequest }
  | { readonly kind: "served"; readonly served: Served }
  | { readonly kind: "log"; readonly event: string; readonly fields: Record<string, unknown> }
  | { readonly kind: "counters"; readonly counters: TftpCounters };

export interface TftpCounters {
  /** Packets. */
  readonly received: number;
  /** Transfers completed. */
  readonly served: number;
  /** Transfers in progress. */
  readonly active: number;
  /** Windows of blocks (one block where no window was agreed), and of these sent again. */
  readonly windows: number;
  readonly resentWindows: number;
  /** By reason, such as `tftp.malformed`, `tftp.file_not_found`, `tftp.timeout`. */
  readonly dropped: Readonly<Record<string, number>>;
}

export const NO_TFTP_COUNTERS: TftpCounters = {
  received: 0,
  served: 0,
  active: 0,
  windows: 0,
  resentWindows: 0,
  dropped: {},
};
