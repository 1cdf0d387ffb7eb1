import { DomainError } from "@/shared/errors/domain_error.ts";

/**
 * Throws `precondition_failed` when the caller has seen another version than the one that is there.
 * `wanted` undefined: the caller does not mind.
 */
export function expectVersion(
  found: { readonly version: number },
  wanted: number | undefined,
): void {
  if (wanted === undefined || wanted === found.version) return;
  throw new DomainError({
    kind: "precondition_failed",
    code: "precondition.failed",
    field: "If-Match",
    value: `"${wanted}"`,
    accepted: `"${found.version}"`,
    message: `it has changed: you have version ${wanted}, it is at ${found.version}; read it again`,
  });
}
