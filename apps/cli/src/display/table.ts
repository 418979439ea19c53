import { visibleWidth } from "./visible.js";

/** Rows with their columns aligned; a cell that is not there is blank; columns named in `right` are flush right. */
export function table(rows: readonly (readonly (string | undefined)[])[], right: readonly number[] = []): string[] {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => visibleWidth(row[column] ?? ""))),
  );
  return rows.map((row) =>
    widths
      .map((width, column) => {
        const cell = row[column] ?? "";
        const gap = " ".repeat(width - visibleWidth(cell));
        return right.includes(column) ? gap + cell : cell + gap;
      })
      .join("  ")
      .trimEnd(),
  );
}
