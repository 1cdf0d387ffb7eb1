/** What the caller can do about a failure. Transports map this, and only this, to a status code. */
export type DomainErrorKind =
  | "invalid_input" // the caller must send something else
  | "unauthenticated" // the caller must prove who it is
  | "forbidden" // known caller, not allowed to do this
  | "not_found" // no such thing, or the caller may not know of it
  | "gone" // it existed and has ended for good
  | "conflict" // valid request, wrong moment: re-read, then retry
  | "unavailable"; // a dependency is down: retry later

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

  constructor(
    fault: {
      kind: DomainErrorKind;
      code: string;
      message: string;
      field?: string;
      cause?: unknown;
    },
  ) {
    super(fault.message, { cause: fault.cause });
    this.kind = fault.kind;
    this.code = fault.code;
    this.field = fault.field;
  }
}
