/**
 * PostgreSQL appendix A: class 08 is a lost connection, 53300 too many of them, 57P01 to 57P03 a server
 * that stops or starts, 40001 and 40P01 transactions that stood in each other's way. The rest are the
 * system's, from the socket.
 */
const CODES = /^(08...|53300|57P0[123]|40001|40P01|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT)$/;

/** What the driver says without a code, or with one that files use too. */
const MESSAGES =
  /^(timeout exceeded when trying to connect|Connection terminated|Client has encountered a connection error|connect ENOENT)/;

/** True when the same statement may well succeed a little later: the database is away or crowded. */
export function isOutage(error: unknown): boolean {
  for (let e = error, depth = 0; e instanceof Error && depth < 5; e = e.cause, depth++) {
    if ("code" in e && typeof e.code === "string" && CODES.test(e.code)) return true;
    if (MESSAGES.test(e.message)) return true;
  }
  return false;
}
