import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatCsv, parseCsv } from "./csv.ts";

const cellsOf = (text: string) => parseCsv(text, 100).records.map(({ cells }) => cells);
const faultOf = (text: string) => parseCsv(text, 100).fault;

describe("parseCsv()", () => {
  test("takes lines that end in LF, CRLF or not at all", () => {
    for (const text of ["a,b\nc,d", "a,b\r\nc,d\r\n", "a,b\nc,d\n"]) {
      expect(cellsOf(text)).toEqual([["a", "b"], ["c", "d"]]);
    }
  });

  test("takes commas, quotes and line ends in quotes", () => {
    expect(cellsOf('"a,b","say ""hi""","two\r\nlines"\n')).toEqual([
      ["a,b", 'say "hi"', "two\r\nlines"],
    ]);
  });

  test("leaves out a byte order mark and empty lines, and keeps empty cells", () => {
    expect(cellsOf('\ufeffa\n\n\r\n,\n""\n')).toEqual([["a"], ["", ""], [""]]);
  });

  test("tells the line that a record begins in, also behind a cell of several lines", () => {
    const { records } = parseCsv('a\n"x\ny\nz"\n\nb\n', 100);
    expect(records.map(({ line }) => line)).toEqual([1, 2, 6]);
  });

  test.each([
    ['a,b"c\n', 1, "middle of a cell"],
    ['a\n"b"c\n', 2, "behind a closing quote"],
    ['a\n"b\nc', 2, "never closed"],
    ["a\rb\n", 1, "carriage return stands alone"],
    ["a\n" + ",".repeat(64), 2, "64 cells"],
  ])("refuses %j", (text, line, detail) => {
    expect(faultOf(text)).toMatchObject({ line, detail: expect.stringContaining(detail) });
  });

  test("stops at the most records that are taken", () => {
    const { records, fault } = parseCsv("a\n".repeat(5), 3);
    expect(records).toHaveLength(3);
    expect(fault).toMatchObject({ line: 4 });
    expect(parseCsv("a\n".repeat(3), 3).fault).toBeUndefined();
  });

  test("reads whatever formatCsv() writes", () => {
    const seed = Date.now() % 2 ** 31;
    const cell = fc.string({
      unit: fc.constantFrom('"', ",", "\r", "\n", " ", "a", "ä", "\ufeff"),
    });
    const records = fc.array(fc.array(cell, { minLength: 2, maxLength: 8 }), { maxLength: 9 });
    fc.assert(
      fc.property(records, (written) => {
        const { records, fault } = parseCsv("x,y\r\n" + written.map(formatCsv).join(""), 100);
        expect(fault).toBeUndefined();
        expect(records.slice(1).map(({ cells }) => cells)).toEqual(written);
      }),
      { seed, numRuns: 500 },
    );
  });

  test("ends with records or a fault on any text, and in lines that there are", () => {
    const seed = Date.now() % 2 ** 31;
    const noise = fc.string({
      unit: fc.constantFrom('"', '""', ",", "\r", "\n", "\r\n", "a", "\u0000", "\ufeff", "😀"),
      maxLength: 60,
    });
    fc.assert(
      fc.property(noise, (text) => {
        const { records, fault } = parseCsv(text, 100);
        const lines = text.split("\n").length;
        let before = 0;
        for (const { line, cells } of records) {
          expect(line).toBeGreaterThan(before);
          expect(line).toBeLessThanOrEqual(lines);
          expect(cells.length).toBeGreaterThan(0);
          before = line;
        }
        if (fault) expect(fault.line).toBeLessThanOrEqual(lines);
        else {expect(records.flatMap(({ cells }) => cells).join("").length).toBeLessThanOrEqual(
            text.length,
          );}
      }),
      { seed, numRuns: 2000 },
    );
  });

  test("takes a quoted cell of a megabyte without running out of stack", () => {
    const cell = 'x""'.repeat(300_000);
    expect(parseCsv(`a\n"${cell}"\n`, 10).records[1]?.cells[0]).toHaveLength(600_000);
  });
});
