import { TFTP_ERROR, type TftpPacket } from "@/rack-agent/wire/tftp/packet.ts";
import type { TransferTerms } from "./transfer_options.ts";

/**
 * The sending half of one TFTP read, RFC 1350 with RFC 2347: no sockets, no timers, no clock.
 *
 * The service feeds it what came from the client, with the time; it answers with what to send and
 * when to wake it. Times are milliseconds on the caller's monotonic clock.
 */
export interface ReadTransfer {
  readonly file: Uint8Array;
  readonly terms: TransferTerms;
  /** Blocks confirmed; -1 while the OACK waits for its ACK. */
  readonly ackedBlocks: number;
  /** Times the packets now outstanding have been sent. */
  readonly sends: number;
  readonly deadlineMs: number;
}

export type TransferEvent =
  | { readonly kind: "packet"; readonly packet: TftpPacket }
  | { readonly kind: "deadline" };

export type FailureReason =
  | "tftp.timeout"
  | "tftp.client_error"
  /** Error after an OACK: the client only wanted the size, or asks again with other options. */
  | "tftp.options_declined"
  | "tftp.illegal_operation";

export type Step =
  /** Send these, in order, and come back at `transfer.deadlineMs`. */
  | {
    readonly kind: "send";
    readonly transfer: ReadTransfer;
    readonly packets: readonly TftpPacket[];
  }
  | { readonly kind: "wait"; readonly transfer: ReadTransfer }
  | { readonly kind: "done" }
  | {
    readonly kind: "failed";
    readonly reason: FailureReason;
    readonly packets: readonly TftpPacket[];
  };

/** A client that has not answered by then is gone; boot ROMs give up sooner. */
const SENDS_MAX = 8;
const BLOCK_NUMBERS = 65_536; // the 16-bit number goes round; clients count on it

/** Begins a transfer: the first packets to send. */
export function startTransfer(file: Uint8Array, terms: TransferTerms, nowMs: number): Step {
  const hasOptions = Object.keys(terms.accepted).length > 0;
  return send(
    { file, terms, ackedBlocks: hasOptions ? -1 : 0, sends: 0, deadlineMs: nowMs },
    nowMs,
  );
}

/** What follows from an event. */
export function step(transfer: ReadTransfer, event: TransferEvent, nowMs: number): Step {
  if (event.kind === "packet") return onPacket(transfer, event.packet, nowMs);
  if (nowMs < transfer.deadlineMs) return { kind: "wait", transfer };
  if (transfer.sends >= SENDS_MAX) return { kind: "failed", reason: "tftp.timeout", packets: [] };
  return send(transfer, nowMs);
}

/** Bytes of the file that the client has confirmed. */
export function confirmedBytes({ file, terms, ackedBlocks }: ReadTransfer): number {
  return Math.min(Math.max(ackedBlocks, 0) * terms.blockBytes, file.length);
}

function onPacket(transfer: ReadTransfer, packet: TftpPacket, nowMs: number): Step {
  switch (packet.kind) {
    case "ack": {
      // A late duplicate must not trigger a send: RFC 1123 §4.2.3.1, "Sorcerer's Apprentice".
      if (packet.block !== awaitedNumber(transfer)) return { kind: "wait", transfer };
      if (isLastBlockOut(transfer)) return { kind: "done" };
      return send({ ...transfer, ackedBlocks: transfer.ackedBlocks + 1, sends: 0 }, nowMs);
    }
    case "error": { // never answered
      const reason = transfer.ackedBlocks < 0 ? "tftp.options_declined" : "tftp.client_error";
      return { kind: "failed", reason, packets: [] };
    }
    case "read": // its request again: it has not heard us yet, and will at the deadline
      return { kind: "wait", transfer };
    case "write":
    case "data":
    case "oack": {
      const code = TFTP_ERROR.illegalOperation;
      const error: TftpPacket = { kind: "error", code, message: "illegal operation" };
      return { kind: "failed", reason: "tftp.illegal_operation", packets: [error] };
    }
  }
}

function send(transfer: ReadTransfer, nowMs: number): Step {
  const { terms, sends } = transfer;
  const next = { ...transfer, sends: sends + 1, deadlineMs: nowMs + terms.retransmitMs };
  return { kind: "send", transfer: next, packets: outstanding(transfer) };
}

/** What the client has yet to confirm: one packet, as long as windows (RFC 7440) are not agreed. */
function outstanding(transfer: ReadTransfer): TftpPacket[] {
  if (transfer.ackedBlocks < 0) return [{ kind: "oack", options: transfer.terms.accepted }];
  return [{ kind: "data", block: awaitedNumber(transfer), payload: nextPayload(transfer) }];
}

/** The block number whose ACK moves things on; an OACK is confirmed with 0 (RFC 2347). */
function awaitedNumber({ ackedBlocks }: ReadTransfer): number {
  return (ackedBlocks + 1) % BLOCK_NUMBERS;
}

function nextPayload({ file, terms: { blockBytes }, ackedBlocks }: ReadTransfer): Uint8Array {
  return file.subarray(ackedBlocks * blockBytes, (ackedBlocks + 1) * blockBytes);
}

/** A block shorter than the rest ends the transfer, even an empty one: RFC 1350 §6. */
function isLastBlockOut(transfer: ReadTransfer): boolean {
  return transfer.ackedBlocks >= 0 && nextPayload(transfer).length < transfer.terms.blockBytes;
}
