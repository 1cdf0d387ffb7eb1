import type { TftpOptions } from "@/rack-agent/wire/tftp/packet.ts";

/** How a transfer runs. */
export interface TransferTerms {
  readonly blockBytes: number;
  /** Blocks sent before one ACK is waited for (RFC 7440). */
  readonly windowBlocks: number;
  /** The longest wait for an ACK before the window is sent again. */
  readonly timeoutMs: number;
  /** What to confirm in an OACK; empty when the client asked for nothing we know. */
  readonly accepted: TftpOptions;
}

/** What a transfer's options are settled by. */
export interface TransferLimits {
  readonly fileBytes: number;
  /** The largest IPv4 packet that reaches the client whole. */
  readonly pathMtuBytes: number;
}

const BLOCK_BYTES = 512; // RFC 1350 §2
const BLOCK_BYTES_MIN = 8; // RFC 2348
const BLOCK_BYTES_MAX = 65_464; // RFC 2348
const HEADER_BYTES = 20 + 8 + 4; // IPv4, UDP, TFTP
/** Longer than the path takes, so that a lost packet is only sent again early when it is known. */
const TIMEOUT_MS = 4_000;
const TIMEOUT_SECONDS_MAX = 255; // RFC 2349
/** What one segmented send of the kernel carries (UDP_MAX_SEGMENTS in linux/udp.h). */
const WINDOW_BLOCKS_MAX = 64;
/** A window is handed over in one datagram to be cut up: less than 64 KiB with all headers. */
const WINDOW_BYTES_MAX = 65_000;

/**
 * Settles the options of a read request. Unknown or senseless ones are left out of the answer,
 * which per RFC 2347 is how a server declines them.
 */
export function agreeOptions(asked: TftpOptions, limits: TransferLimits): TransferTerms {
  const accepted: Record<string, string> = {};
  const blockBytes = agreeBlockBytes(asked["blksize"], limits.pathMtuBytes);
  if (blockBytes !== undefined) accepted["blksize"] = String(blockBytes);
  if (asked["tsize"] !== undefined) accepted["tsize"] = String(limits.fileBytes);
  const timeoutSeconds = wholeNumber(asked["timeout"], 1, TIMEOUT_SECONDS_MAX);
  // RFC 2349: confirmed only unchanged.
  if (timeoutSeconds !== undefined) accepted["timeout"] = String(timeoutSeconds);
  const windowBlocks = agreeWindowBlocks(asked["windowsize"], blockBytes ?? BLOCK_BYTES);
  if (windowBlocks !== undefined) accepted["windowsize"] = String(windowBlocks);
  return {
    blockBytes: blockBytes ?? BLOCK_BYTES,
    windowBlocks: windowBlocks ?? 1,
    timeoutMs: timeoutSeconds === undefined ? TIMEOUT_MS : timeoutSeconds * 1_000,
    accepted,
  };
}

function agreeBlockBytes(asked: string | undefined, pathMtuBytes: number): number | undefined {
  const blockBytes = wholeNumber(asked, BLOCK_BYTES_MIN, 999_999_999);
  if (blockBytes === undefined) return undefined;
  // RFC 2348: the server may answer with less. Boot ROMs do not put fragments together.
  const unfragmented = Math.max(pathMtuBytes - HEADER_BYTES, BLOCK_BYTES);
  return Math.min(blockBytes, BLOCK_BYTES_MAX, unfragmented);
}

/** RFC 7440 §3: 1 to 65535; the server may answer with less. */
function agreeWindowBlocks(asked: string | undefined, blockBytes: number): number | undefined {
  const windowBlocks = wholeNumber(asked, 1, 65_535);
  if (windowBlocks === undefined) return undefined;
  const inOneSend = Math.max(1, Math.floor(WINDOW_BYTES_MAX / (blockBytes + 4)));
  return Math.min(windowBlocks, WINDOW_BLOCKS_MAX, inOneSend);
}

function wholeNumber(text: string | undefined, min: number, max: number): number | undefined {
  if (text === undefined || !/^\d{1,9}$/.test(text)) return undefined;
  const value = Number(text);
  return value >= min && value <= max ? value : undefined;
}
