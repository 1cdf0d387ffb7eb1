/** What a refusal to open a session is about: decides the error an operator sees. */
export type RefusalCause =
  | "busy"
  | "cipher"
  | "privilege"
  | "unknown_user"
  | "wrong_password"
  | "lost"
  | "other";

/** RMCP+ and RAKP status codes, IPMI 2.0 table 13-15, in the operator's words. */
const STATUSES: Readonly<Record<number, { words: string; cause: RefusalCause }>> = {
  0x01: { words: "it has no free session", cause: "busy" },
  0x02: { words: "it does not know the session", cause: "lost" },
  0x03: { words: "it does not take this payload type", cause: "other" },
  0x04: { words: "it does not take this authentication algorithm", cause: "cipher" },
  0x05: { words: "it does not take this integrity algorithm", cause: "cipher" },
  0x06: { words: "no authentication payload matches", cause: "cipher" },
  0x07: { words: "no integrity payload matches", cause: "cipher" },
  0x08: { words: "the session has ended", cause: "lost" },
  0x09: { words: "it does not know this privilege level", cause: "privilege" },
  0x0a: { words: "the user may not have this privilege level", cause: "privilege" },
  0x0b: { words: "it has no free session at this privilege level", cause: "busy" },
  0x0c: { words: "the user name is too long for it", cause: "unknown_user" },
  0x0d: { words: "it does not know the user", cause: "unknown_user" },
  0x0e: { words: "it does not know the GUID", cause: "other" },
  0x0f: { words: "the check value is wrong", cause: "wrong_password" },
  0x10: { words: "it does not take this encryption algorithm", cause: "cipher" },
  0x11: { words: "no cipher suite matches", cause: "cipher" },
  0x12: { words: "a parameter is wrong", cause: "other" },
};

/** RAKP status "invalid integrity check value": what we send when RAKP message 2 does not verify. */
export const STATUS_BAD_CHECK_VALUE = 0x0f;

/** What a status other than zero means; unknown numbers are named by number. */
export function describeRakpStatus(status: number): { words: string; cause: RefusalCause } {
  return STATUSES[status] ??
    { words: `it gave the unknown reason 0x${status.toString(16)}`, cause: "other" };
}
