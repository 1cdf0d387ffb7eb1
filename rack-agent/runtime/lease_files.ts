import { crc32OfText } from "./crc32.ts";

/**
 * Records on disk: one base file, and numbered segments with what was appended after it.
 *
 * One line a record, with its CRC. A segment is only ever appended to, by one run of the program;
 * the base is only ever replaced whole. Its first line says which segments are in it already.
 */
export interface StoredRecords<T> {
  readonly records: readonly T[];
  /** Lines that are not records: a torn end after a crash, or a damaged disk. */
  readonly damagedLines: number;
}

const SEGMENT_DIGITS = 8;
const HEADER_BYTES_MAX = 256;
/** A segment is closed past this size, so that it can be merged into the base. */
export const SEGMENT_BYTES_MAX = 16 * 1024 * 1024;

/** The number of the next segment to begin. */
export function nextSegmentOf(basePath: string): number {
  return Math.max(mergedSegmentsOf([firstLineOf(basePath)]), ...segmentsOf(basePath)) + 1;
}

/**
 * Reads back what is in the segments before this one, oldest first.
 *
 * `parse` returns undefined for what it does not know.
 */
export function readLeaseFiles<T>(
  basePath: string,
  parse: (json: unknown) => T | undefined,
  beforeSegment = Infinity,
): StoredRecords<T> {
  const base = linesOf(basePath);
  const mergedUpTo = mergedSegmentsOf(base);
  const segments = segmentsOf(basePath)
    .filter((number) => number > mergedUpTo && number < beforeSegment);
  const lines = [
    ...(mergedUpTo > 0 ? base.slice(1) : base),
    ...segments.flatMap((number) => linesOf(segmentPath(basePath, number))),
  ];
  const records: T[] = [];
  for (const line of lines) {
    const record = parseLine(line, parse);
    if (record !== undefined) records.push(record);
  }
  return { records, damagedLines: lines.length - records.length };
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
    parse: (json: unknown) => T | undefined;
    merge: (records: readonly T[]) => readonly T[];
  },
): number {
  const base = linesOf(basePath);
  const mergedUpTo = mergedSegmentsOf(base);
  const segments = segmentsOf(basePath).filter((number) => number <= upToSegment);
  const isNew = (number: number) => number > mergedUpTo;
  const lines = [
    ...(mergedUpTo > 0 ? base.slice(1) : base),
    ...segments.filter(isNew).flatMap((number) => linesOf(segmentPath(basePath, number))),
  ];
  const merged = merge(lines.flatMap((line) => parseLine(line, parse) ?? []));
  const header = formatLine(JSON.stringify({ mergedSegments: upToSegment }));
  const text = header + merged.map((record) => formatLine(JSON.stringify(record))).join("");
  replaceFile(basePath, text);
  for (const number of segments) Deno.removeSync(segmentPath(basePath, number));
  return merged.length;
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
  try {
    using file = Deno.openSync(path, { read: true });
    const bytes = new Uint8Array(HEADER_BYTES_MAX);
    const length = file.readSync(bytes) ?? 0;
    return new TextDecoder().decode(bytes.subarray(0, length)).split("\n", 1)[0] ?? "";
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}

function linesOf(path: string): string[] {
  try {
    return Deno.readTextFileSync(path).split("\n").filter((line) => line !== "");
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

function mergedSegmentsOf([first = ""]: readonly string[]): number {
  const header = parseLine(first, (json) => json as { mergedSegments?: unknown }); // any JSON object
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

function replaceFile(path: string, text: string): void {
  const aside = `${path}.new`;
  const file = Deno.openSync(aside, { write: true, create: true, truncate: true, mode: 0o600 });
  try {
    const bytes = new TextEncoder().encode(text);
    for (let done = 0; done < bytes.length;) done += file.writeSync(bytes.subarray(done));
    file.syncSync();
  } finally {
    file.close();
  }
  Deno.renameSync(aside, path);
  syncFolder(path);
}

function checksum(json: string): string {
  return crc32OfText(json).toString(16).padStart(8, "0");
}
