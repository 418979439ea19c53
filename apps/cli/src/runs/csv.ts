import { at } from "@trainer/disk";
import type { TableColumn } from "./run-table.js";

/** A table as RFC 4180 has it, with its names in the first row; what is null is left empty. */
export function csv(columns: readonly TableColumn[]): string {
  const rows = at(columns, 0).cells.map((_, i) => columns.map(({ cells }) => quoted(text(at(cells, i)))));
  const head = columns.map(({ name }) => quoted(name));
  return [head, ...rows].map((row) => `${row.join(",")}\r\n`).join("");
}

const text = (cell: TableColumn["cells"][number]): string =>
  cell === null ? "" : cell instanceof Date ? cell.toISOString() : String(cell);

const quoted = (cell: string): string => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
