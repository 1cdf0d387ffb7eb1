import { DomainError } from "@/shared/errors/domain_error.ts";

/** It could be read, and does not fit. */
export const INVALID_CODE = "request.invalid";

/** It cannot be read. */
export const MALFORMED_CODE = "request.malformed";

/** For what cannot be read as what it says it is, at all. */
export function malformed(
  message: string,
  { field, cause }: { readonly field?: string; readonly cause?: unknown } = {},
): DomainError {
  return new DomainError({
    kind: "invalid_input",
    code: MALFORMED_CODE,
    message,
    field,
    cause,
  });
}
