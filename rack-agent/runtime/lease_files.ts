import { crc32OfText } from "./crc32.ts";

/**
 * Records on disk: one base file, and numbered segments with what was appended after it.
 *
 * One line a record, with its CRC. A segment is only ever appended to, by one run of the program;
 * the base is only ever replaced whole. Its first line says which segments are in it already.
 */
export interface StoredLines {
  /** Lines that are records. */
  readonly records: number;
  /** Lines that are not: a torn end after a crash, or a damaged disk. */
  readonly damagedLines: number;
}

const SEGMENT_DIGITS = 8;
const HEADER_BYTES_MAX = 256;
/** Files are read and written in pieces: a site's leases as one text would stay in memory for long. */
const PIECE_BYTES = 64 * 1024;
/** A segment is closed past this size, so that it can be merged into the base. */
export const SEGMENT_BYTES_MAX = 16 * 1024 * 1024;
const SEGMENTS_MAX = 16;
const WORTH_MERGING_BYTES = 64 * 1024;

/** The number of the next segment to begin. */
export function nextSegmentOf(basePath: string): number {
  return Math.max(mergedSegmentsOf(firstLineOf(basePath)), ...segmentsOf(basePath)) + 1;
}

/**
 * Reads back what is in the segments before this one, oldest first, a record at a time.
 *
 * `parse` returns undefined for what it does not know.
 */
export function readLeaseFiles<T>(
  basePath: string,
  { parse, onRecord, beforeSegment = Infinity }: {
    readonly parse: (json: unknown) => T | undefined;
    readonly onRecord: (record: T) => void;
    readonly beforeSegment?: number;
  },
): StoredLines {
  const counts = { records: 0, damagedLines: 0 };
  for (const record of recordsOf(basePath, parse, beforeSegment)) {
    if (record === undefined) {
      counts.damagedLines += 1;
      continue;
    }
    counts.records += 1;
    onRecord(record);
  }
  return counts;
}

/**
 * Replaces the base and the segments up to a number by a new base, and returns its records' number.
 *
 * `merge` makes of all records, oldest first, fewer that mean the same. Those segments must be
 * closed. At a crash the old files count or the new one does.
 */
export function mergeLeaseFiles<T>(
  basePath: string,
  upToSegment: number,
  { parse, merge }: {
    readonly parse: (json: unknown) => T | undefined;
    readonly merge: (records: Iterable<T>) => Iterable<T>;
  },
): number {
  const merged = segmentsOf(basePath).filter((number) => number <= upToSegment);
  let records = 0;
  const lines = function* () {
    yield formatLine(JSON.stringify({ mergedSegments: upToSegment }));
    for (const record of merge(known(recordsOf(basePath, parse, upToSegment + 1)))) {
      records += 1;
      yield formatLine(JSON.stringify(record));
    }
  };
  replaceFile(basePath, lines());
  for (const number of merged) Deno.removeSync(segmentPath(basePath, number));
  return records;
}

/**
 * True when so much stands in the segments up to a number that reading them costs more than merging.
 *
 * A start that gave no lease leaves an empty segment, for which nobody rewrites the base.
 */
export function isWorthMerging(basePath: string, upToSegment: number): boolean {
  const numbers = segmentsOf(basePath).filter((number) => number <= upToSegment);
  const bytes = numbers.map((number) => Deno.statSync(segmentPath(basePath, number)).size);
  const sum = bytes.reduce((total, size) => total + size, 0);
  return numbers.length >= SEGMENTS_MAX || sum >= WORTH_MERGING_BYTES;
}

/** Where a segment is; beside the base. */
export function segmentPath(basePath: string, number: number): string {
  return `${basePath}.${String(number).padStart(SEGMENT_DIGITS, "0")}`;
}

/** A record as it stands in a file; its JSON must be Latin-1. */
export function formatLine(json: string): string {
  return `${checksum(json)} ${json}\n`;
}

/** Makes new names in the folder of `path` durable. */
export function syncFolder(path: string): void {
  const folder = Deno.openSync(folderOf(path), { read: true });
  try {
    folder.syncSync();
  } finally {
    folder.close();
  }
}

function segmentsOf(basePath: string): number[] {
  const prefix = `${basePath.slice(folderOf(basePath).length + 1)}.`;
  return [...Deno.readDirSync(folderOf(basePath))]
    .filter(({ name }) => name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length)))
    .map(({ name }) => Number(name.slice(prefix.length)))
    .sort((a, b) => a - b);
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

/** Or what a header is never longer than. */
function firstLineOf(path: string): string {
  using file = openIfPresent(path);
  const bytes = new Uint8Array(HEADER_BYTES_MAX);
  const length = file?.readSync(bytes) ?? 0;
  return new TextDecoder().decode(bytes.subarray(0, length)).split("\n", 1)[0] ?? "";
}

/** Base and segments, oldest first; undefined for a line that is no record. */
function* recordsOf<T>(
  basePath: string,
  parse: (json: unknown) => T | undefined,
  beforeSegment: number,
): Generator<T | undefined> {
  let mergedUpTo = 0;
  let isFirst = true;
  for (const line of linesOf(basePath)) {
    if (isFirst) mergedUpTo = mergedSegmentsOf(line);
    if (!isFirst || mergedUpTo === 0) yield parseLine(line, parse);
    isFirst = false;
  }
  for (const number of segmentsOf(basePath)) {
    if (number <= mergedUpTo || number >= beforeSegment) continue;
    for (const line of linesOf(segmentPath(basePath, number))) yield parseLine(line, parse);
  }
}

function* known<T>(records: Iterable<T | undefined>): Generator<T> {
  for (const record of records) if (record !== undefined) yield record;
}

/** The lines of a file that are not empty; none of a file that is not there. */
function* linesOf(path: string): Generator<string> {
  using file = openIfPresent(path);
  if (!file) return;
  const piece = new Uint8Array(PIECE_BYTES);
  const decoder = new TextDecoder("latin1");
  let rest = "";
  for (let length = file.readSync(piece); length !== null; length = file.readSync(piece)) {
    const lines = (rest + decoder.decode(piece.subarray(0, length))).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line !== "") yield line;
  }
  if (rest !== "") yield rest;
}

function openIfPresent(path: string): Deno.FsFile | undefined {
  try {
    return Deno.openSync(path, { read: true });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

function mergedSegmentsOf(firstLine: string): number {
  const header = parseLine(firstLine, (json) => json as { mergedSegments?: unknown }); // any JSON object
  const number = header?.mergedSegments;
  return typeof number === "number" && Number.isSafeInteger(number) ? number : 0;
}

function parseLine<T>(line: string, parse: (json: unknown) => T | undefined): T | undefined {
  const space = line.indexOf(" ");
  const json = line.slice(space + 1);
  if (line.slice(0, space) !== checksum(json)) return undefined;
  try {
    return parse(JSON.parse(json));
  } catch {
    return undefined; // a right CRC over something that is no record of ours
  }
}

function replaceFile(path: string, lines: Iterable<string>): void {
  const aside = `${path}.new`;
  const file = Deno.openSync(aside, { write: true, create: true, truncate: true, mode: 0o600 });
  try {
    let piece = "";
    for (const line of lines) {
      piece += line;
      if (piece.length < PIECE_BYTES) continue;
      writeWhole(file, piece);
      piece = "";
    }
    writeWhole(file, piece);
    file.syncSync();
  } finally {
    file.close();
  }
  Deno.renameSync(aside, path);
  syncFolder(path);
}

function writeWhole(file: Deno.FsFile, text: string): void {
  const bytes = new TextEncoder().encode(text);
  for (let done = 0; done < bytes.length;) done += file.writeSync(bytes.subarray(done));
}

function checksum(json: string): string {
  return crc32OfText(json).toString(16).padStart(8, "0");
}
