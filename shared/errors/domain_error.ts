/** What the caller can do about a failure. Transports map this, and only this, to a status code. */
export type DomainErrorKind =
  | "invalid_input" // the caller must send something else
  | "unauthenticated" // the caller must prove who it is
  | "forbidden" // known caller, not allowed to do this
  | "not_found" // no such thing, or the caller may not know of it
  | "gone" // it existed and has ended for good
  | "conflict" // valid request, wrong moment: re-read, then retry
  | "precondition_failed" // the caller decided on what is no longer there: re-read, decide again
  | "limited" // too many or too much: wait, or ask for less
  | "unavailable"; // a dependency is down: retry later

/** One of several things that are at fault. */
export interface FaultyField {
  /** In a file of many lines: which, from 1. */
  readonly line?: number;
  readonly code?: string;
  readonly field: string;
  readonly detail: string;
  readonly value?: string;
  readonly accepted?: string;
}

/**
 * A failure somebody outside this function is expected to handle.
 *
 * A broken invariant is not a DomainError: assert it and let it crash.
 */
export class DomainError extends Error {
  override readonly name = "DomainError";
  readonly kind: DomainErrorKind;
  /** Stable and searchable, such as `machine.event_refused`. Never reworded. */
  readonly code: string;
  /** Path of the offending field, such as `subnets[0].cidr`; absent when no one field is at fault. */
  readonly field?: string;
  /** What was seen there, shortened; never a secret. */
  readonly value?: string;
  /** What would have been accepted, in words. */
  readonly accepted?: string;
  /** Where several things are at fault, each of them. */
  readonly errors?: readonly FaultyField[];
  /** For `limited` and `unavailable`: when to try again. */
  readonly retryAfterSeconds?: number;

  constructor(
    fault: {
      kind: DomainErrorKind;
      code: string;
      message: string;
      field?: string;
      value?: string;
      accepted?: string;
      errors?: readonly FaultyField[];
      retryAfterSeconds?: number;
      cause?: unknown;
    },
  ) {
    super(fault.message, { cause: fault.cause });
    this.kind = fault.kind;
    this.code = fault.code;
    this.field = fault.field;
    this.value = fault.value;
    this.accepted = fault.accepted;
    this.errors = fault.errors;
    this.retryAfterSeconds = fault.retryAfterSeconds;
  }
}
