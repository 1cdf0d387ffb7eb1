import { DomainError } from "@/shared/errors/domain_error.ts";

/** The row, or `not_found` with the code `<noun>.missing`. */
export function mustFind<T>(row: T | undefined, noun: string, id: string | number): T {
  if (row !== undefined) return row;
  throw new DomainError({
    kind: "not_found",
    code: `${noun}.missing`,
    message: `there is no ${noun.replaceAll("_", " ")} ${id}`,
  });
}
