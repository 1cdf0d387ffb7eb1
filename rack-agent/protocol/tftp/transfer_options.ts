import type { TftpOptions } from "@/rack-agent/wire/tftp/packet.ts";

/** How a transfer runs. */
export interface TransferTerms {
  readonly blockBytes: number;
  readonly retransmitMs: number;
  /** What to confirm in an OACK; empty when the client asked for nothing we know. */
  readonly accepted: TftpOptions;
}

const BLOCK_BYTES = 512; // RFC 1350 §2
const BLOCK_BYTES_MIN = 8; // RFC 2348
const BLOCK_BYTES_MAX = 65_464; // RFC 2348
/** What fits an Ethernet frame: 1500 less IPv4 (20), UDP (8) and TFTP (4) headers. */
const BLOCK_BYTES_UNFRAGMENTED = 1_468;
const RETRANSMIT_MS = 1_000;
const TIMEOUT_SECONDS_MAX = 255; // RFC 2349

/**
 * Settles the options of a read request. Unknown or senseless ones are left out of the answer,
 * which per RFC 2347 is how a server declines them.
 */
export function agreeOptions(asked: TftpOptions, fileBytes: number): TransferTerms {
  const accepted: Record<string, string> = {};
  let blockBytes = BLOCK_BYTES;
  let retransmitMs = RETRANSMIT_MS;
  const askedBlockBytes = wholeNumber(asked["blksize"]);
  if (askedBlockBytes !== undefined && askedBlockBytes >= BLOCK_BYTES_MIN) {
    // RFC 2348: the server may answer with less. Boot ROMs do not put fragments together.
    blockBytes = Math.min(askedBlockBytes, BLOCK_BYTES_MAX, BLOCK_BYTES_UNFRAGMENTED);
    accepted["blksize"] = String(blockBytes);
  }
  if (asked["tsize"] !== undefined) accepted["tsize"] = String(fileBytes);
  const timeoutSeconds = wholeNumber(asked["timeout"]);
  if (
    timeoutSeconds !== undefined && timeoutSeconds >= 1 && timeoutSeconds <= TIMEOUT_SECONDS_MAX
  ) {
    retransmitMs = timeoutSeconds * 1_000;
    accepted["timeout"] = String(timeoutSeconds); // RFC 2349: confirmed only unchanged
  }
  return { blockBytes, retransmitMs, accepted };
}

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}
