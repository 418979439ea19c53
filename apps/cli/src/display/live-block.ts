import type { Sink } from "../process/io.js";
import { printableInColor } from "./printable.js";
import { clip, visibleWidth } from "./visible.js";

/** Lines at the bottom of a terminal, redrawn in place. Each draw is one write, so that nothing flickers. */
export class LiveBlock {
  #drawn: readonly number[] = []; // the width of each line that is on the screen

  constructor(
    private readonly sink: Sink,
    private readonly columns: () => number,
  ) {}

  draw(lines: readonly string[]): void {
    const width = this.columns() - 1; // the last column would make some terminals wrap
    const clipped = lines.map((line) => clip(oneLine(line), width));
    this.sink.write(`${this.#home()}${clipped.map((line) => `${line}\u001B[K\n`).join("")}\u001B[J`);
    this.#drawn = clipped.map(visibleWidth);
  }

  /** A line that stays, above the block; draw again after it. */
  above(text: string): void {
    this.sink.write(`${this.#home()}\u001B[J${printableInColor(text)}\n`);
    this.#drawn = [];
  }

  /** Takes the block off the screen. */
  clear(): void {
    this.sink.write(`${this.#home()}\u001B[J`);
    this.#drawn = [];
  }

  /** Leaves the block in place; further output follows below. */
  leave(): void {
    this.#drawn = [];
  }

  /** Moves to the block's first line: a narrowed terminal has wrapped it into more rows. */
  #home(): string {
    const rows = this.#drawn.reduce((sum, width) => sum + Math.max(1, Math.ceil(width / this.columns())), 0);
    return rows === 0 ? "" : `\r\u001B[${rows}A`;
  }
}

const oneLine = (text: string): string => printableInColor(text.replaceAll(/[\n\t]/g, " "));
