import { printable } from "./printable.js";
import { table } from "./table.js";
import { clip, visibleWidth } from "./visible.js";

export interface Column<Row> {
  readonly head: string;
  /** Plain text; what would break the line is made visible. */
  cell(row: Row): string;
  readonly right?: boolean;
  /** Priority of omission where room is scarce: the highest goes first; 0, the default: never. */
  readonly spare?: number;
  /** It may be cut to so many characters before others are left out. */
  readonly least?: number;
}

/** A table whose rows take at most `width` columns: cells are cut where they may be, then columns left out, the most spare first. */
export function fitTable<Row>(rows: readonly Row[], columns: readonly Column<Row>[], width: number): string[] {
  const whole = columns.map((column) => {
    const cells = [column.head, ...rows.map((row) => oneLine(column.cell(row)))];
    return { ...column, cells, width: Math.max(...cells.map(visibleWidth)) };
  });
  let kept = whole;
  let excess = excessOf(kept, width);
  while (excess > slack(kept)) {
    const sparest = kept.reduce((most, each) => ((each.spare ?? 0) > (most.spare ?? 0) ? each : most));
    if ((sparest.spare ?? 0) === 0) break; // what is left must be there
    kept = kept.filter((each) => each !== sparest);
    excess = excessOf(kept, width);
  }
  const shown = kept.map(({ cells: texts, width: wide, least }) => {
    if (least === undefined || excess <= 0 || wide <= least) return texts;
    const limit = Math.max(least, wide - excess);
    excess -= wide - limit;
    return texts.map((text) => cut(text, limit));
  });
  const right = kept.flatMap(({ right: flush = false }, i) => (flush ? [i] : []));
  return table(
    Array.from({ length: rows.length + 1 }, (_, i) => shown.map((texts) => texts[i])),
    right,
  );
}

interface Measured {
  readonly width: number;
  readonly least?: number;
}

/** Excess width of the columns, two apart. */
const excessOf = (columns: readonly Measured[], width: number): number =>
  columns.reduce((sum, each) => sum + each.width + 2, -2) - width;

/** Width that truncation can save. */
const slack = (columns: readonly Measured[]): number =>
  columns.reduce((sum, { width, least = width }) => sum + Math.max(0, width - least), 0);

const oneLine = (text: string): string =>
  printable(text.replaceAll(/\s+/g, (space) => (/[\n\t]/.test(space) ? " " : space)));

const cut = (text: string, limit: number): string => (visibleWidth(text) <= limit ? text : `${clip(text, limit - 1)}…`);
