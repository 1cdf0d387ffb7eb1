/** What a completion code asks the caller to do. */
export type CompletionMeaning = "done" | "busy" | "not_now" | "privilege" | "failed";

/** Generic completion codes, IPMI 2.0 table 5-2, in the operator's words. */
const CODES: Readonly<Record<number, { words: string; meaning: CompletionMeaning }>> = {
  0x00: { words: "done", meaning: "done" },
  0xc0: { words: "it is busy", meaning: "busy" },
  0xc1: { words: "it does not know this command", meaning: "failed" },
  0xc2: { words: "the command is invalid for this LUN", meaning: "failed" },
  0xc3: { words: "it timed out while processing the command", meaning: "busy" },
  0xc4: { words: "it is out of space", meaning: "failed" },
  0xc5: { words: "the reservation was cancelled", meaning: "failed" },
  0xc6: { words: "the request was cut short", meaning: "failed" },
  0xc7: { words: "the request has the wrong length", meaning: "failed" },
  0xc8: { words: "the request is too long for it", meaning: "failed" },
  0xc9: { words: "a parameter is out of range", meaning: "failed" },
  0xca: { words: "it cannot return that many bytes", meaning: "failed" },
  0xcb: { words: "the requested sensor or record is not there", meaning: "failed" },
  0xcc: { words: "a field of the request is invalid for it", meaning: "failed" },
  0xcd: { words: "the command is illegal for this sensor or record", meaning: "failed" },
  0xce: { words: "it could not give an answer", meaning: "busy" },
  0xcf: { words: "it took the request for a duplicate", meaning: "busy" },
  0xd0: { words: "its sensor repository is being updated", meaning: "busy" },
  0xd1: { words: "it is in firmware update mode", meaning: "busy" },
  0xd2: { words: "it is still starting", meaning: "busy" },
  0xd3: { words: "the destination is not available", meaning: "failed" },
  0xd4: { words: "the user's privilege is too low", meaning: "privilege" },
  0xd5: { words: "it cannot do that in its present state", meaning: "not_now" },
  0xd6: { words: "the command is disabled", meaning: "failed" },
  0xff: { words: "it gave no reason", meaning: "failed" },
};

/**
 * What a completion code means, in words that follow "the BMC refused: ".
 *
 * `own` are the codes 0x80..0xbe of one command; they win over the generic ones.
 */
export function describeCompletion(
  code: number,
  own: Readonly<Record<number, string>> = {},
): { words: string; meaning: CompletionMeaning } {
  const words = own[code];
  if (words !== undefined) return { words, meaning: "failed" };
  return CODES[code] ??
    { words: `it gave the unknown reason 0x${code.toString(16)}`, meaning: "failed" };
}
