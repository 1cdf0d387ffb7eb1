import type { DomainError } from "@/shared/errors/domain_error.ts";
import type { SealFault } from "../../wire/ipmi/sealed_packet.ts";
import type { RakpExchange, SessionKeys } from "../../wire/ipmi/rakp_keys.ts";
import type { CheckedLogin } from "./login.ts";
import type { SequenceWindow } from "./sequence_window.ts";

/** A conversation with one BMC, from the first datagram to the last. Times are milliseconds. */
export interface IpmiSession {
  readonly login: CheckedLogin;
  readonly seed: Uint8Array; // see draw.ts
  readonly phase: Phase;
  readonly attempt: number; // of the handshake, 0-based
  readonly sends: number; // of the request in hand
  readonly firstSentMs: number; // when it was sent first
  readonly deadlineMs: number; // when to step with `deadline`; Infinity while nothing is due
  readonly answerMs: number; // how long the last answer took: sets the patience for the next
  readonly dropped: DropCounts;
}

/** Where the conversation stands. Each of the first six holds the datagram to repeat. */
export type Phase =
  | { readonly kind: "asking"; readonly request: Uint8Array }
  | { readonly kind: "challenging"; readonly request: Uint8Array } // IPMI 1.5, as is the next
  | {
    readonly kind: "activating";
    readonly request: Uint8Array;
    readonly temporarySessionId: number;
  }
  | { readonly kind: "opening"; readonly request: Uint8Array }
  | { readonly kind: "proving"; readonly request: Uint8Array; readonly bmcSessionId: number }
  | { readonly kind: "finishing"; readonly request: Uint8Array; readonly exchange: RakpExchange }
  | { readonly kind: "raising"; readonly link: Link; readonly pending: Pending }
  | { readonly kind: "idle"; readonly link: Link }
  | { readonly kind: "commanding"; readonly link: Link; readonly pending: Pending }
  | { readonly kind: "closing"; readonly link: Link; readonly pending: Pending }
  | { readonly kind: "ended" };

/** What signs, and in IPMI 2.0 encrypts, the packets of a session. */
export type LinkKeys =
  | { readonly kind: "v20"; readonly keys: SessionKeys }
  | { readonly kind: "v15"; readonly key: Uint8Array };

/** An open session. */
export interface Link {
  readonly keys: LinkKeys;
  readonly consoleSessionId: number;
  readonly bmcSessionId: number;
  readonly sequence: number; // of the last packet sent, 0 before the first
  readonly requestSequence: number; // of the last request, 0..63
  readonly window: SequenceWindow;
}

/** A command with its request encoded: what of an IpmiCommand the session needs. */
export interface CommandRequest {
  readonly name: string;
  readonly netFn: number;
  readonly command: number;
  readonly data: Uint8Array;
  readonly completionCodes?: Readonly<Record<number, string>>;
}

/** The command in hand. */
export interface Pending extends CommandRequest {
  readonly requestSequence: number; // kept over repeats, so that the BMC can tell them
  readonly busyCode?: number; // the BMC said "busy" with this completion code
}

/** Why a datagram was not believed. */
export type DropReason =
  | SealFault
  | "malformed"
  | "wrong_session"
  | "replayed"
  | "unexpected"; // well-formed, but nothing that was asked for

export type DropCounts = Readonly<Partial<Record<DropReason, number>>>;

/** What can happen to a session. */
export type SessionEvent =
  | { readonly kind: "datagram"; readonly bytes: Uint8Array }
  | { readonly kind: "deadline" }
  | { readonly kind: "command"; readonly request: CommandRequest } // only when idle
  | { readonly kind: "close" }; // only when idle

/** What the caller does next; `session` replaces the one it had. */
export type SessionStep =
  /** Send the bytes, then wait for a datagram until `session.deadlineMs`. */
  | { readonly kind: "send"; readonly session: IpmiSession; readonly bytes: Uint8Array }
  /** Nothing to send; go on waiting until `session.deadlineMs`. */
  | { readonly kind: "wait"; readonly session: IpmiSession }
  /** The session is open and idle. */
  | { readonly kind: "ready"; readonly session: IpmiSession }
  /** The command is answered, the session idle again. */
  | { readonly kind: "answered"; readonly session: IpmiSession; readonly answer: Answer }
  | { readonly kind: "closed"; readonly session: IpmiSession }
  /** The session has ended. `farewell`, if any, is sent once and not waited for. */
  | {
    readonly kind: "failed";
    readonly session: IpmiSession;
    readonly error: DomainError;
    readonly farewell?: Uint8Array;
  };

export type Answer =
  | { readonly kind: "done"; readonly data: Uint8Array } // after the completion code
  | { readonly kind: "refused"; readonly error: DomainError };

/** A step that waits, with one more datagram counted as dropped. */
export function drop(session: IpmiSession, reason: DropReason): SessionStep {
  const dropped = { ...session.dropped, [reason]: (session.dropped[reason] ?? 0) + 1 };
  return { kind: "wait", session: { ...session, dropped } };
}

/** A step that ends the session. */
export function fail(session: IpmiSession, error: DomainError, farewell?: Uint8Array): SessionStep {
  const ended = { ...session, phase: { kind: "ended" }, deadlineMs: Infinity } as const;
  return { kind: "failed", session: ended, error, farewell };
}
