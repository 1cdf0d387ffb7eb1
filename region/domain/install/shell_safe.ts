import { DomainError } from "@/shared/errors/domain_error.ts";

/**
 * Values come from people and from the machine itself, and a shell will read them: throws
 * `install.unusable_input` for one that has not this form. `wanted` says with an example what has.
 */
export function checkShellSafe(field: string, value: string, form: RegExp, wanted: string): void {
  if (form.test(value)) return;
  throw new DomainError({
    kind: "invalid_input",
    code: "install.unusable_input",
    message: `"${value}" is not ${wanted}`,
    field,
    value,
    accepted: wanted,
  });
}
