import type { FileHandle } from "node:fs/promises";
import { at } from "@trainer/disk";

/** Lines that are less apart are read together … */
const GAP_BYTES = 16 << 10;
/** … as long as that is not more than this. */
const READ_BYTES = 1 << 20;

/** Places of lines in a file: 12 bytes each, for a file may have millions. */
export class LineList {
  #starts = new Float64Array(1024);
  #lengths = new Uint32Array(1024);
  count = 0;

  add(start: number, length: number): void {
    if (this.count === this.#starts.length) {
      this.#starts = grown(this.#starts, new Float64Array(2 * this.count));
      this.#lengths = grown(this.#lengths, new Uint32Array(2 * this.count));
    }
    this.#starts[this.count] = start;
    this.#lengths[this.count] = length;
    this.count++;
  }

  /** The text of the lines at these indices, which ascend. */
  async read(file: FileHandle, indices: readonly number[]): Promise<string[]> {
    const lines: string[] = [];
    for (let first = 0; first < indices.length;) {
      let last = first;
      const start = at(this.#starts, at(indices, first));
      while (last + 1 < indices.length && this.#isNear(at(indices, last), at(indices, last + 1), start)) last++;
      const bytes = Buffer.allocUnsafe(this.#endOf(at(indices, last)) - start);
      const { bytesRead } = await file.read(bytes, 0, bytes.length, start);
      for (const index of indices.slice(first, last + 1)) {
        const from = at(this.#starts, index) - start;
        lines.push(bytes.subarray(0, bytesRead).toString("utf8", from, from + at(this.#lengths, index)));
      }
      first = last + 1;
    }
    return lines;
  }

  #isNear(index: number, next: number, start: number): boolean {
    return at(this.#starts, next) - this.#endOf(index) < GAP_BYTES && this.#endOf(next) - start <= READ_BYTES;
  }

  #endOf(index: number): number {
    return at(this.#starts, index) + at(this.#lengths, index);
  }
}

function grown<A extends { set(values: A): void }>(values: A, into: A): A {
  into.set(values);
  return into;
}
