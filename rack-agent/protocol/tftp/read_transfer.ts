import type { TransferTerms } from "./transfer_options.ts";
import { measured, retransmitMs, type RoundTrip, UNKNOWN_ROUND_TRIP } from "./round_trip.ts";

/**
 * The sending half of one TFTP read, RFC 1350 with RFC 2347 and RFC 7440: no sockets, no clock, and
 * no bytes of the file either.
 *
 * The service feeds it what came from the client, with the time; it answers with which blocks to
 * send and when to wake it. Times are milliseconds on the caller's monotonic clock. Blocks are
 * counted from 1 without end; on the wire their numbers go round.
 */
export interface ReadTransfer {
  readonly fileBytes: number;
  readonly terms: TransferTerms;
  /** Blocks confirmed; -1 while the OACK waits for its ACK. */
  readonly ackedBlocks: number;
  /** The last block of the window in flight; 0 while the OACK is. */
  readonly sentBlocks: number;
  /** Times something of the window in flight has been sent: whole, its last block, whole, … */
  readonly sends: number;
  readonly sentMs: number;
  /** When the client last confirmed something, or asked for the file. */
  readonly progressMs: number;
  readonly roundTrip: RoundTrip;
  /** The wait for the window in flight; it doubles with each time that window is sent again. */
  readonly waitMs: number;
  readonly deadlineMs: number;
}

export type TransferEvent =
  /** The 16-bit block number of an ACK. */
  | { readonly kind: "ack"; readonly number: number }
  | { readonly kind: "deadline" }
  | { readonly kind: "error" }
  /** A packet that no client of a read sends. */
  | { readonly kind: "illegal" };

export type FailureReason =
  | "tftp.timeout"
  | "tftp.client_error"
  /** Error after an OACK: the client only wanted the size, or asks again with other options. */
  | "tftp.options_declined"
  | "tftp.illegal_operation";

export type Step =
  | { readonly kind: "send_oack"; readonly transfer: ReadTransfer }
  /** Send blocks `firstBlock` to `transfer.sentBlocks`; be back at `transfer.deadlineMs`. */
  | { readonly kind: "send"; readonly transfer: ReadTransfer; readonly firstBlock: number }
  | { readonly kind: "wait"; readonly transfer: ReadTransfer }
  | { readonly kind: "done" }
  | { readonly kind: "failed"; readonly reason: FailureReason };

/** A client that has confirmed nothing for so long is gone; boot ROMs give up sooner. */
const SILENCE_MAX_MS = 30_000;
const BLOCK_NUMBERS = 65_536; // the 16-bit number goes round, to 0; clients count on it

/** Begins a transfer: what to send first. */
export function startTransfer(fileBytes: number, terms: TransferTerms, nowMs: number): Step {
  const isNegotiated = Object.keys(terms.accepted).length > 0;
  const transfer: ReadTransfer = {
    fileBytes,
    terms,
    ackedBlocks: isNegotiated ? -1 : 0,
    sentBlocks: 0,
    sends: 0,
    sentMs: nowMs,
    progressMs: nowMs,
    roundTrip: UNKNOWN_ROUND_TRIP,
    waitMs: 0,
    deadlineMs: nowMs,
  };
  return sendNext(transfer, retransmitMs(transfer.roundTrip, terms.timeoutMs), nowMs);
}

/** What follows from an event. */
export function step(transfer: ReadTransfer, event: TransferEvent, nowMs: number): Step {
  switch (event.kind) {
    case "ack":
      return onAck(transfer, event.number, nowMs);
    case "deadline":
      return onDeadline(transfer, nowMs);
    case "error": { // never answered
      const isDeclined = transfer.ackedBlocks < 0;
      return { kind: "failed", reason: isDeclined ? "tftp.options_declined" : "tftp.client_error" };
    }
    case "illegal":
      return { kind: "failed", reason: "tftp.illegal_operation" };
  }
}

/** Bytes of the file that the client has confirmed. */
export function confirmedBytes({ fileBytes, terms, ackedBlocks }: ReadTransfer): number {
  return Math.min(Math.max(ackedBlocks, 0) * terms.blockBytes, fileBytes);
}

/** Blocks of a file: the last is shorter than the rest, and may be empty (RFC 1350 §6). */
export function blocksOf(fileBytes: number, blockBytes: number): number {
  return Math.floor(fileBytes / blockBytes) + 1;
}

/**
 * An ACK inside the window means that the next block is missing (RFC 7440 §4): the window starts
 * there anew. One that confirms nothing new sends nothing, or one lost packet would double all that
 * follow: RFC 1123 §4.2.3.1, "Sorcerer's Apprentice". Only a probe is answered whatever it says.
 */
function onAck(transfer: ReadTransfer, number: number, nowMs: number): Step {
  const { ackedBlocks, sentBlocks, fileBytes, terms, sends } = transfer;
  const newBlocks = (number - ackedBlocks + BLOCK_NUMBERS) % BLOCK_NUMBERS;
  if (newBlocks > sentBlocks - ackedBlocks) return { kind: "wait", transfer };
  if (newBlocks === 0 && !isProbed(transfer)) return { kind: "wait", transfer };
  const acked = ackedBlocks + newBlocks;
  if (acked === blocksOf(fileBytes, terms.blockBytes)) return { kind: "done" };
  const progressMs = newBlocks > 0 ? nowMs : transfer.progressMs;
  const next = { ...transfer, ackedBlocks: acked, progressMs };
  // Sent again, it makes the client confirm each block that it has already. The first such ACK must
  // not send what is on its way, or all windows to come would be sent twice as well.
  const isInside = acked < sentBlocks;
  if (isInside && sends > 1 && !isProbed(transfer)) return { kind: "wait", transfer: next };
  // Which of several sends was confirmed cannot be known, so nothing is measured, and the longer
  // wait stays until something is.
  if (sends > 1) return sendNext(next, transfer.waitMs, nowMs);
  const roundTrip = measured(transfer.roundTrip, nowMs - transfer.sentMs);
  return sendNext({ ...next, roundTrip }, retransmitMs(roundTrip, terms.timeoutMs), nowMs);
}

function onDeadline(transfer: ReadTransfer, nowMs: number): Step {
  if (nowMs < transfer.deadlineMs) return { kind: "wait", transfer };
  if (nowMs - transfer.progressMs >= SILENCE_MAX_MS) {
    return { kind: "failed", reason: "tftp.timeout" };
  }
  const waitMs = Math.min(transfer.waitMs * 2, transfer.terms.timeoutMs);
  return send({ ...transfer, waitMs }, nowMs);
}

/**
 * Whether the last block of a window went out alone, to learn where the client is: it confirms what
 * it has, and a whole window is not sent for one block or one ACK that was lost.
 */
function isProbed({ sends, ackedBlocks, sentBlocks }: ReadTransfer): boolean {
  return sends % 2 === 0 && sentBlocks - ackedBlocks > 1;
}

/** Sends the window that begins after what is confirmed. */
function sendNext(transfer: ReadTransfer, waitMs: number, nowMs: number): Step {
  const { terms, ackedBlocks, fileBytes } = transfer;
  const lastBlock = blocksOf(fileBytes, terms.blockBytes);
  const sentBlocks = ackedBlocks < 0 ? 0 : Math.min(ackedBlocks + terms.windowBlocks, lastBlock);
  return send({ ...transfer, sentBlocks, sends: 0, waitMs }, nowMs);
}

function send(transfer: ReadTransfer, nowMs: number): Step {
  const { sends, waitMs, ackedBlocks } = transfer;
  const next = { ...transfer, sends: sends + 1, sentMs: nowMs, deadlineMs: nowMs + waitMs };
  if (ackedBlocks < 0) return { kind: "send_oack", transfer: next };
  const firstBlock = isProbed(next) ? next.sentBlocks : ackedBlocks + 1;
  return { kind: "send", transfer: next, firstBlock };
}
