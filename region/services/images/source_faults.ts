import { DomainError } from "@/shared/errors/domain_error.ts";

/** What the source says is wrong, and will be when it is asked again: somebody has to mend it. */
export function sourceFault(code: `image_source.${string}`, message: string): DomainError {
  return new DomainError({ kind: "invalid_input", code, message });
}

/** The source cannot be read just now. */
export function sourceUnreachable(message: string, cause?: unknown): DomainError {
  return new DomainError({
    kind: "unavailable",
    code: "image_source.unreachable",
    message,
    cause,
  });
}

/** 429 and what only the server can help pass by themselves (RFC 9110 §15.6, RFC 6585 §4). */
export function isPassing(status: number): boolean {
  return status >= 500 || status === 408 || status === 429;
}

/** What people are told of a sync that ended without its images. */
export function syncFailedEvent(at: Date, sourceName: string, why: string) {
  const message = `images of ${sourceName} could not be synced: ${why}`;
  return { at, level: "error" as const, code: "image_sync.failed", message };
}
