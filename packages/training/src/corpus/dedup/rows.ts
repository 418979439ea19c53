import { at } from "@trainer/disk";

const ROWS_A_BLOCK = 4096;

/** A list of rows of numbers, all of one width, outside of the heap. It grows by blocks, and never copies. */
export class Rows {
  readonly #blocks: Uint32Array[] = [];
  length = 0;

  constructor(private readonly width: number) {}

  get bytes(): number {
    return this.#blocks.length * ROWS_A_BLOCK * this.width * Uint32Array.BYTES_PER_ELEMENT;
  }

  /** A new row at the end, of zeros. */
  push(): Uint32Array {
    if (this.length % ROWS_A_BLOCK === 0) this.#blocks.push(new Uint32Array(ROWS_A_BLOCK * this.width));
    this.length += 1;
    return this.row(this.length - 1);
  }

  /** View of the row at an index. */
  row(index: number): Uint32Array {
    const start = (index % ROWS_A_BLOCK) * this.width;
    return at(this.#blocks, Math.floor(index / ROWS_A_BLOCK)).subarray(start, start + this.width);
  }
}
