import { open, type FileHandle } from "node:fs/promises";
import { readAt } from "../live/lines.js";
import { LineList } from "./line-list.js";
import { Recent } from "./recent.js";
import { shared } from "./shared.js";

const BLOCK_BYTES = 1 << 20;
/** Bytes before the end that show whether the file was cut back and written on since. */
const TAIL_BYTES = 4096;
const NEWLINE = 0x0a;
const EVALUATION = Buffer.from('"split":');

/**
 * Where the lines of a `metrics.jsonl` are. Only what was added since is read to bring it up to date; a resumed run cuts
 * the file back, and then it is read anew.
 */
export class MetricsIndex {
  steps = new LineList();
  evaluations = new LineList();
  /** Brings the index up to date. */
  readonly update = shared(() => this.#update());
  #end = 0;
  #tail: Buffer = Buffer.alloc(0);

  constructor(readonly path: string) {}

  async #update(): Promise<void> {
    await using file = await open(this.path);
    const { size } = await file.stat();
    if (!(await this.#isContinued(file, size))) this.#clear();
    while (this.#end < size) {
      const before = this.#end;
      await this.#readBlock(file, size);
      if (this.#end === before) break; // the last line is not written whole yet
    }
    const start = Math.max(0, this.#end - TAIL_BYTES);
    this.#tail = await readAt(file, start, this.#end - start);
  }

  async #isContinued(file: FileHandle, size: number): Promise<boolean> {
    if (size < this.#end) return false;
    return this.#tail.equals(await readAt(file, this.#end - this.#tail.length, this.#tail.length));
  }

  #clear(): void {
    this.steps = new LineList();
    this.evaluations = new LineList();
    this.#end = 0;
  }

  /** Adds the whole lines of a block; a longer line than that takes a longer block. */
  async #readBlock(file: FileHandle, size: number): Promise<void> {
    for (let length = BLOCK_BYTES; ; length *= 2) {
      const block = await readAt(file, this.#end, Math.min(length, size - this.#end));
      const whole = block.lastIndexOf(NEWLINE) + 1;
      if (whole > 0) this.#add(block.subarray(0, whole));
      if (whole > 0 || this.#end + length >= size) return;
    }
  }

  #add(block: Buffer): void {
    let evaluation = block.indexOf(EVALUATION);
    let start = 0;
    for (let end = block.indexOf(NEWLINE); end !== -1; end = block.indexOf(NEWLINE, start)) {
      const isEvaluation = evaluation !== -1 && evaluation < end;
      (isEvaluation ? this.evaluations : this.steps).add(this.#end + start, end - start);
      if (isEvaluation) evaluation = block.indexOf(EVALUATION, end);
      start = end + 1;
    }
    this.#end += start;
  }
}

/** Indices that were used last; one of a million lines takes 12 MB. */
const KEPT = 8;

/** Indices of the files that are asked for. */
export class MetricsIndices {
  readonly #kept = new Recent<MetricsIndex>(KEPT);

  /** Up to date. */
  async of(path: string): Promise<MetricsIndex> {
    const index = await this.#kept.get(path, async () => new MetricsIndex(path));
    await index.update();
    return index;
  }
}
