import { holdOut, type Fractions } from "./held-out.js";
import { permutation } from "./permutation.js";
import { BY_LINE, BY_WORD, TextUnits } from "./text-units.js";

/** A text as runs of units: run i is `unitsPerRun` of them, and falls in the split of number `sides[i]`. */
export interface TextBlocks {
  readonly limits: typeof BY_LINE;
  readonly unitsPerRun: number;
  readonly sides: Uint8Array;
}

const LEAST = 3; // a run for each split
const RUNS = 100;
const MOST_RUNS = 2000; // for fractions under a fiftieth of a hundredth

/** Measures a text that comes in pieces, so that it can be cut into blocks, in memory that does not grow with it. */
export class BlockMeasure {
  bytes = 0;
  readonly #lines: Runs;
  readonly #words: Runs;

  constructor(private readonly options: Fractions & { readonly seed: number }) {
    const least = Math.min(options.test || 1, options.validation || 1);
    const runs = Math.min(MOST_RUNS, Math.max(RUNS, Math.ceil(4 / least)));
    this.#lines = new Runs(BY_LINE, runs);
    this.#words = new Runs(BY_WORD, runs);
  }

  scan(piece: Buffer): void {
    this.bytes += piece.length;
    this.#lines.scan(piece);
    if (this.#lines.areFew) this.#words.scan(piece);
  }

  /**
   * Its runs of lines, drawn by a permutation that the seed decides, so that equal texts get equal blocks; runs of words
   * where it has hardly any lines, or a few that are long. Null: it is too short.
   */
  blocks(): TextBlocks | null {
    const byWord = this.#lines.total < LEAST || (this.#lines.longLines && this.#lines.areFew);
    const runs = byWord ? this.#words : this.#lines;
    const sizes = runs.sizes(this.bytes);
    if (sizes.length < LEAST) return null;
    const order = permutation(sizes.length, `blocks:${this.options.seed}`);
    const limits = byWord ? BY_WORD : BY_LINE;
    return { limits, unitsPerRun: runs.unitsPerRun, sides: holdOut({ sizes, order }, this.options, true) };
  }
}

/** The sizes of a text's units, summed in runs: between `least` and twice as many of them, once there are so many units. */
class Runs {
  unitsPerRun = 1;
  readonly #units: TextUnits;
  #ended: number[] = [];
  #sum = 0;

  constructor(
    limits: typeof BY_LINE,
    private readonly least: number,
  ) {
    this.#units = new TextUnits(limits);
  }

  get total(): number {
    return this.#units.total;
  }

  get longLines(): boolean {
    return this.#units.parts > 0;
  }

  /** True if there are fewer units than requested runs. */
  get areFew(): boolean {
    return this.unitsPerRun === 1 && this.#ended.length < this.least;
  }

  scan(piece: Buffer): void {
    let start = 0;
    this.#units.scan(piece, (end) => {
      this.#sum += end - start;
      start = end;
      if (this.#units.count % this.unitsPerRun === 0) this.#end();
    });
    this.#sum += piece.length - start;
  }

  /** Sizes for a text of `bytes` in all; bytes after the last unit's end are a unit of their own. */
  sizes(bytes: number): Float64Array {
    const whole = this.#ended.reduce((sum, size) => sum + size, 0);
    const begun = Math.max(1, this.#units.total) > this.#ended.length * this.unitsPerRun;
    const sizes = begun ? [...this.#ended, 0] : [...this.#ended];
    sizes.push(Number(sizes.pop()) + bytes - whole);
    return Float64Array.from(sizes);
  }

  #end(): void {
    this.#ended.push(this.#sum);
    this.#sum = 0;
    if (this.#ended.length < 2 * this.least) return;
    this.unitsPerRun *= 2;
    this.#ended = Array.from(
      { length: this.least },
      (_, i) => Number(this.#ended[2 * i]) + Number(this.#ended[2 * i + 1]),
    );
  }
}
