/** One record of a CSV file. */
export interface CsvRecord {
  /** Where it begins in the file, from 1; a quoted cell may go over several lines. */
  readonly line: number;
  readonly cells: readonly string[];
}

/** Why a file cannot be read from here on. */
export interface CsvFault {
  readonly line: number;
  /** One sentence that says what is there and what would do. */
  readonly detail: string;
}

/** The records up to the first fault; empty lines are left out. */
export interface CsvFile {
  readonly records: readonly CsvRecord[];
  readonly fault?: CsvFault;
}

/** More columns than any file of ours has. */
const CELLS_MAX = 64;

/**
 * Reads RFC 4180 strictly: commas, lines that end in CRLF or LF, cells in quotes that may hold all of
 * these, a quote in them written twice. A byte order mark at the beginning is left out.
 *
 * What a lenient reader would guess at (a quote in the middle of a cell, text behind a closing one,
 * a lone carriage return) is a fault, for a guess puts a value into the wrong column.
 */
export function parseCsv(text: string, recordsMax: number): CsvFile {
  const records: CsvRecord[] = [];
  let at = text.startsWith("\ufeff") ? 1 : 0;
  let line = 1;
  while (at < text.length) {
    if (records.length === recordsMax) {
      return { records, fault: { line, detail: `a file may have ${recordsMax} lines` } };
    }
    const record = readRecord(text, at, line);
    if ("detail" in record) return { records, fault: record };
    const isEmpty = record.cells.length === 1 && record.cells[0] === "" && !record.isQuoted;
    if (!isEmpty) records.push({ line, cells: record.cells });
    at = record.next;
    line = record.nextLine;
  }
  return { records };
}

/** One record as a line of a CSV file. */
export function formatCsv(cells: readonly string[]): string {
  return cells.map((cell) =>
    /[",\r\n]|^$|^ | $/.test(cell) && cell !== "" ? `"${cell.replaceAll('"', '""')}"` : cell
  )
    .join(",") + "\r\n";
}

interface ReadRecord {
  readonly cells: string[];
  readonly isQuoted: boolean;
  readonly next: number;
  readonly nextLine: number;
}

function readRecord(text: string, from: number, fromLine: number): ReadRecord | CsvFault {
  const cells: string[] = [];
  let [at, line, isQuoted] = [from, fromLine, false];
  for (;;) {
    if (cells.length === CELLS_MAX) {
      return { line, detail: `a line may have ${CELLS_MAX} cells` };
    }
    const cell = text[at] === '"' ? readQuoted(text, at) : readPlain(text, at);
    if (cell === undefined) {
      return { line, detail: 'a quote is opened here and never closed; close it with "' };
    }
    if (text[at] === '"') isQuoted = true;
    cells.push(cell.text);
    line += countLines(text, at, cell.next);
    at = cell.next;
    if (text[at] === ",") {
      at++;
      continue;
    }
    const end = endOfLine(text, at);
    if (end !== undefined) return { cells, isQuoted, next: end, nextLine: line + 1 };
    return { line, detail: faultAt(text, at, isQuoted) };
  }
}

interface ReadCell {
  readonly text: string;
  readonly next: number;
}

/** `at` is an opening quote; undefined when nothing closes it. */
function readQuoted(text: string, at: number): ReadCell | undefined {
  let cell = "";
  for (let from = at + 1;;) {
    const end = text.indexOf('"', from);
    if (end < 0) return undefined;
    cell += text.slice(from, end);
    if (text[end + 1] !== '"') return { text: cell, next: end + 1 };
    cell += '"';
    from = end + 2;
  }
}

function readPlain(text: string, at: number): ReadCell {
  let end = at;
  while (end < text.length && !isSpecial(text.charCodeAt(end))) end++;
  return { text: text.slice(at, end), next: end };
}

/** `"`, `,`, CR or LF. */
function isSpecial(code: number): boolean {
  return code === 0x22 || code === 0x2c || code === 0x0d || code === 0x0a;
}

/** Where the next line begins; undefined when no line ends here. */
function endOfLine(text: string, at: number): number | undefined {
  if (at === text.length) return at;
  if (text[at] === "\n") return at + 1;
  return text[at] === "\r" && text[at + 1] === "\n" ? at + 2 : undefined;
}

function faultAt(text: string, at: number, isQuoted: boolean): string {
  if (text[at] === "\r") {
    return "a carriage return stands alone; end lines with LF or CRLF, and put it in quotes otherwise";
  }
  return isQuoted && text[at] !== '"'
    ? "there is text behind a closing quote; a quote in a cell is written twice"
    : 'a quote stands in the middle of a cell; put the whole cell in quotes, and the quote twice ("")';
}

function countLines(text: string, from: number, to: number): number {
  let lines = 0;
  for (let at = text.indexOf("\n", from); at >= 0 && at < to; at = text.indexOf("\n", at + 1)) {
    lines++;
  }
  return lines;
}
