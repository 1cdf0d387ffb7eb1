import { DomainError } from "@/shared/errors/domain_error.ts";

const NAME_CHARS_MAX = 512;
/** No segment begins with a dot: so no `..`, and nothing of the store's own is ever named. */
const SEGMENT = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}$/;

/** Refuses every name that could leave the store's folder: `..`, absolute, NUL, backslash, empty. */
export function checkObjectName(name: string): void {
  const ok = name.length <= NAME_CHARS_MAX && name.split("/").every((part) => SEGMENT.test(part));
  if (ok) return;
  throw new DomainError({
    kind: "invalid_input",
    code: "object.bad_name",
    message: `${JSON.stringify(name.slice(0, 80))} cannot name an object; ` +
      "use letters, digits, dots and dashes, with / between parts",
  });
}
