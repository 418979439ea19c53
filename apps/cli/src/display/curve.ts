import { formatNumber, formatShort } from "./quantity.js";

export interface Point {
  readonly step: number;
  readonly loss: number;
}

export interface CurveOptions {
  readonly width: number;
  readonly height: number;
  readonly unicode: boolean;
  /** Color of the validation marks. */
  readonly mark?: (text: string) => string;
  /** Labels of the first and the last step; their numbers by default. */
  readonly ends?: readonly [first: string, last: string];
}

/**
 * A loss curve in text: training as a line of braille dots (or asterisks), validation as marks, both on one scale.
 * Losses are finite, by `Series`.
 */
export function curve(train: readonly Point[], validation: readonly Point[], options: CurveOptions): string[] {
  if (train.length + validation.length < 2) return [];
  const { width, height, unicode, mark = plain } = options;
  const scale = scaleOf([...train, ...validation]);

  const [across, down] = unicode ? [2, 4] : [1, 1]; // dots in a cell
  const cells = new Map<number, number>(); // the dots of each cell that has some, as bits
  let previous: Dot | undefined;
  for (const point of train) {
    const dot = scale.place(point, width * across, height * down);
    for (const { x, y } of segment(previous ?? dot, dot)) {
      const cell = Math.floor(y / down) * width + Math.floor(x / across);
      cells.set(cell, (cells.get(cell) ?? 0) | brailleBit(x % across, y % down));
    }
    previous = dot;
  }
  const marked = new Set(validation.map((point) => scale.place(point, width, height)).map(({ x, y }) => y * width + x));

  const glyph = (cell: number) => {
    if (marked.has(cell)) return mark(unicode ? "◆" : "o");
    const bits = cells.get(cell);
    if (bits === undefined) return " ";
    return unicode ? String.fromCharCode(0x28_00 + bits) : "*";
  };
  const rows = Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (_, x) => glyph(y * width + x))
      .join("")
      .trimEnd(),
  );
  return framed(rows, scale, options);
}

interface Dot {
  readonly x: number;
  readonly y: number;
}

interface Scale {
  readonly low: number;
  readonly high: number;
  readonly first: number;
  readonly last: number;
  /** Position of a point among so many columns and rows, from the upper left. */
  place(point: Point, columns: number, rows: number): Dot;
}

export function scaleOf(points: readonly Point[]): Scale {
  const losses = points.map(({ loss }) => loss);
  const steps = points.map(({ step }) => step);
  const [low, high, first, last] = [Math.min(...losses), Math.max(...losses), Math.min(...steps), Math.max(...steps)];
  return {
    low,
    high,
    first,
    last,
    place: ({ step, loss }, columns, rows) => ({
      x: Math.round(((step - first) / (last - first || 1)) * (columns - 1)),
      y: Math.round(((high - loss) / (high - low || 1)) * (rows - 1)),
    }),
  };
}

export function framed(
  rows: readonly string[],
  { low, high, first, last }: Scale,
  { width, unicode, ends = [formatShort(first), `step ${formatShort(last)}`] }: CurveOptions,
): string[] {
  const [bar, corner, dash] = unicode ? ["┤", "└", "─"] : ["|", "+", "-"];
  const [top, bottom] = [formatNumber(high), formatNumber(low)];
  const margin = Math.max(top.length, bottom.length);
  const label = (y: number) => (y === 0 ? top : y === rows.length - 1 ? bottom : "").padStart(margin);
  const [from, to] = ends;
  return [
    ...rows.map((row, y) => `${label(y)} ${bar}${row}`),
    `${" ".repeat(margin)} ${corner}${dash.repeat(width)}`,
    `${" ".repeat(margin + 2)}${from}${to.padStart(width - from.length)}`,
  ];
}

/** The dots between two: a Bresenham line. */
export function segment(a: Dot, b: Dot): Dot[] {
  const steps = Math.max(Math.abs(b.x - a.x), Math.abs(b.y - a.y), 1);
  return Array.from({ length: steps + 1 }, (_, i) => ({
    x: Math.round(a.x + ((b.x - a.x) * i) / steps),
    y: Math.round(a.y + ((b.y - a.y) * i) / steps),
  }));
}

/** A dot's bit in a braille cell, 2 wide and 4 high: Unicode counts the upper six down the columns, then the last row. */
const brailleBit = (x: number, y: number) => 1 << (y < 3 ? y + 3 * x : 6 + x);

const plain = (text: string) => text;
