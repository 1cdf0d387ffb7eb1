import { DomainError } from "@/shared/errors/domain_error.ts";

/** Runs a check of one field's value; a refusal that names no field names this one. */
export function atField<T>(field: string, check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof DomainError) || error.field !== undefined) throw error;
    const { kind, code, message, value, accepted } = error;
    throw new DomainError({ kind, code, message, value, accepted, field, cause: error });
  }
}
