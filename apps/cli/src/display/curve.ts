import { formatNumber, formatShort } from "./quantity.js";

export interface Point {
  readonly step: number;
  readonly loss: number;
}

export interface CurveOptions {
  readonly width: number;
  readonly height: number;
  readonly unicode: boolean;
  /** How the validation marks are coloured. */
  readonly mark?: (text: string) => string;
}

/** Bits of a braille cell (2 wide, 4 high), row by row, left then right. */
const DOTS = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
] as const;

/** A loss curve in text: training as a line of braille dots (or asterisks), validation as marks, both on one scale. */
export function curve(train: readonly Point[], validation: readonly Point[], options: CurveOptions): string[] {
  const shown = [...train, ...validation].filter((point) => Number.isFinite(point.loss));
  if (shown.length < 2) return [];
  const { width, height, unicode } = options;
  const low = Math.min(...shown.map((point) => point.loss));
  const high = Math.max(...shown.map((point) => point.loss));
  const first = Math.min(...shown.map((point) => point.step));
  const last = Math.max(...shown.map((point) => point.step));
  const column = (step: number, columns: number) => Math.round(((step - first) / (last - first || 1)) * (columns - 1));
  const row = (loss: number, rows: number) => Math.round(((high - loss) / (high - low || 1)) * (rows - 1));

  const across = unicode ? 2 : 1;
  const down = unicode ? 4 : 1;
  const bits = grid(width, height, 0);
  let previous: readonly [number, number] | undefined;
  for (const point of train.filter((each) => Number.isFinite(each.loss))) {
    const dot = [column(point.step, width * across), row(point.loss, height * down)] as const;
    for (const [x, y] of line(previous ?? dot, dot)) {
      const cells = bits[Math.floor(y / down)] ?? [];
      cells[Math.floor(x / across)] = (cells[Math.floor(x / across)] ?? 0) | (DOTS[y % down]?.[x % across] ?? 0);
    }
    previous = dot;
  }
  const cells = bits.map((cellRow) => cellRow.map((cell) => glyph(cell, unicode)));
  for (const point of validation.filter((each) => Number.isFinite(each.loss))) {
    const cellRow = cells[row(point.loss, height)] ?? [];
    cellRow[column(point.step, width)] = (options.mark ?? plain)(unicode ? "◆" : "o");
  }
  return framed(cells, { low, high, first, last, unicode });
}

function framed(
  cells: readonly (readonly string[])[],
  axis: { low: number; high: number; first: number; last: number; unicode: boolean },
): string[] {
  const [bar, corner, dash] = axis.unicode ? (["┤", "└", "─"] as const) : (["|", "+", "-"] as const);
  const labels = cells.map((_, index) => {
    if (index === 0) return formatNumber(axis.high);
    return index === cells.length - 1 ? formatNumber(axis.low) : "";
  });
  const margin = Math.max(...labels.map((label) => label.length));
  const width = cells[0]?.length ?? 0;
  const from = formatShort(axis.first);
  const to = `step ${formatShort(axis.last)}`;
  return [
    ...cells.map((row, index) => `${labels[index]?.padStart(margin)} ${bar}${row.join("").trimEnd()}`),
    `${" ".repeat(margin)} ${corner}${dash.repeat(width)}`,
    `${" ".repeat(margin + 2)}${from}${to.padStart(width - from.length)}`,
  ];
}

/** The cells between two dots: a Bresenham line. */
function line([x0, y0]: readonly [number, number], [x1, y1]: readonly [number, number]): [number, number][] {
  const steps = Math.max(Math.abs(x1 - x0), Math.abs(y1 - y0), 1);
  return Array.from({ length: steps + 1 }, (_, i) => [
    Math.round(x0 + ((x1 - x0) * i) / steps),
    Math.round(y0 + ((y1 - y0) * i) / steps),
  ]);
}

const grid = (width: number, height: number, value: number) =>
  Array.from({ length: height }, () => Array.from({ length: width }, () => value));

const glyph = (cell: number, unicode: boolean) => {
  if (cell === 0) return " ";
  return unicode ? String.fromCharCode(0x28_00 + cell) : "*";
};

const plain = (text: string) => text;
