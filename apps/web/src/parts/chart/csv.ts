import { aligned, type Curve } from "./curves.js";

/** Curves as a table: a row for each x, a column for each curve; empty where a curve has no value. */
export function csvOf(xName: string, curves: readonly Curve[]): string {
  const columns = aligned(curves, false);
  const rows = Array.from(columns[0], (_, row) => columns.map((column) => column[row] ?? "").join(","));
  return `${[[xName, ...curves.map(({ label }) => label)].map(quoted).join(","), ...rows].join("\n")}\n`;
}

/** A text that a spreadsheet takes for a formula is one no longer behind an apostrophe. */
function quoted(text: string): string {
  const plain = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}
