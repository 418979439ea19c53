/** Rows of three dots for each character that a chart is labelled with, five rows from the top. */
const GLYPHS: ReadonlyMap<string, readonly number[]> = new Map([
  ["0", [7, 5, 5, 5, 7]],
  ["1", [2, 6, 2, 2, 7]],
  ["2", [7, 1, 7, 4, 7]],
  ["3", [7, 1, 7, 1, 7]],
  ["4", [5, 5, 7, 1, 1]],
  ["5", [7, 4, 7, 1, 7]],
  ["6", [7, 4, 7, 5, 7]],
  ["7", [7, 1, 2, 2, 2]],
  ["8", [7, 5, 7, 5, 7]],
  ["9", [7, 5, 7, 1, 7]],
  [".", [0, 0, 0, 0, 2]],
]);
const SCALE = 2;

export interface Dot {
  readonly x: number;
  readonly y: number;
}

/** Pixels as indices into a palette; those outside are clipped. */
export class Canvas {
  readonly pixels: Uint8Array;

  constructor(
    readonly width: number,
    readonly height: number,
  ) {
    this.pixels = new Uint8Array(width * height);
  }

  rect(x: number, y: number, width: number, height: number, color: number): void {
    for (let row = Math.max(0, y); row < Math.min(this.height, y + height); row++) {
      const from = row * this.width;
      this.pixels.fill(color, from + Math.max(0, x), from + Math.max(0, Math.min(this.width, x + width)));
    }
  }

  /** A straight line, two pixels thick. */
  line(a: Dot, b: Dot, color: number): void {
    const steps = Math.max(Math.abs(b.x - a.x), Math.abs(b.y - a.y), 1);
    for (let i = 0; i <= steps; i++) {
      const [x, y] = [a.x + ((b.x - a.x) * i) / steps, a.y + ((b.y - a.y) * i) / steps];
      this.rect(Math.round(x), Math.round(y), 2, 2, color);
    }
  }

  /** Digits and points, ten pixels high; other characters leave a gap. */
  number(text: string, x: number, y: number, color: number): void {
    for (const [i, character] of text.split("").entries()) {
      for (const [row, bits] of (GLYPHS.get(character) ?? []).entries()) {
        for (let column = 0; column < 3; column++) {
          if ((bits & (4 >> column)) === 0) continue;
          this.rect(x + (4 * i + column) * SCALE, y + row * SCALE, SCALE, SCALE, color);
        }
      }
    }
  }
}

/** The width of a number on a canvas, in pixels. */
export const numberWidth = (text: string): number => (4 * text.length - 1) * SCALE;
