import type { ReadTransfer } from "@/rack-agent/protocol/tftp/read_transfer.ts";
import type { UdpSocket } from "@/rack-agent/runtime/libc_socket.ts";
import type { OpenFile } from "./open_files.ts";

/** A transfer in progress: its socket and its client are its transfer id (RFC 1350 §4). */
export interface ActiveTransfer {
  readonly socket: UdpSocket;
  /** The client, as `clientKey` makes it. */
  readonly client: number;
  readonly path: string;
  /** As the client wrote it, to know a repeated request by. */
  readonly requestedPath: string;
  readonly file: OpenFile;
  readonly startedMs: number;
  state: ReadTransfer;
}
