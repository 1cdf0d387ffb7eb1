import type { Row } from "./bench.ts";

/** Rows as a table for people: text to the left, numbers to the right. */
export function formatTable(rows: readonly Row[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const cells = rows.map((row) => columns.map((column) => cell(row[column])));
  const widths = columns.map((column, i) =>
    Math.max(column.length, ...cells.map((line) => line[i]?.length ?? 0))
  );
  const line = (texts: readonly string[], row?: Row) =>
    texts.map((text, i) => {
      const isNumber = typeof row?.[columns[i] ?? ""] === "number";
      return isNumber ? text.padStart(widths[i] ?? 0) : text.padEnd(widths[i] ?? 0);
    }).join("  ").trimEnd();
  return [
    line(columns),
    widths.map((width) => "-".repeat(width)).join("  "),
    ...cells.map((texts, i) => line(texts, rows[i])),
  ].join("\n");
}

function cell(value: string | number | undefined): string {
  if (value === undefined) return "";
  return typeof value === "number" && !Number.isInteger(value) ? value.toFixed(2) : String(value);
}
