/**
 * Why PostgreSQL refused the values of a statement; undefined when the error is about anything else.
 *
 * Trying again with the same values would end the same: PostgreSQL appendix A, class 22 (data
 * exception) and class 23 (integrity constraint violation).
 */
export function dataRefusal(error: unknown): string | undefined {
  for (let e = error, depth = 0; e instanceof Error && depth < 5; e = e.cause, depth++) {
    if ("code" in e && typeof e.code === "string" && /^2[23]/.test(e.code)) return e.message;
  }
  return undefined;
}
