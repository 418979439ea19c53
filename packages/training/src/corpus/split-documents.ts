import type { Corpus, ReadOptions } from "./corpus.js";
import { documentsOf, viewOf, type DocumentBatch } from "./document-batch.js";
import { bucketOf } from "./split-histogram.js";
import { documentHash } from "./document-hash.js";
import { SPLITS, type Split, type SplitPlan, type TextBlocks } from "./split-plan.js";
import { TextUnits } from "./text-units.js";

/** A batch of documents of one split. Those of the others lie between its pieces, so `open` is about its own split. */
export interface SplitBatch extends DocumentBatch {
  readonly split: Split;
}

/**
 * The documents of a corpus, split as planned, in their order within each split. In a split by block, neighbouring blocks
 * of the same split make one document.
 */
export async function* splitDocuments(
  corpus: Corpus,
  plan: SplitPlan,
  read: ReadOptions = {},
): AsyncGenerator<SplitBatch, void, undefined> {
  const partition = partitioner(plan);
  for await (const batch of corpus.documents(read)) yield* partition(batch);
}

type Partitioner = (batch: DocumentBatch) => Iterable<SplitBatch>;

function partitioner(plan: SplitPlan): Partitioner {
  switch (plan.by) {
    case "nothing":
      return (batch) => [{ ...batch, split: "train" }];
    case "document":
      return documentPartitioner(plan);
    case "block":
      return blockPartitioner(plan.texts);
  }
}

function documentPartitioner(plan: Extract<SplitPlan, { by: "document" }>): Partitioner {
  let current: Split = "train";
  return (batch) => {
    const view = viewOf(batch.bytes);
    const parts = new Parts(batch);
    let continued = batch.continued;
    let start = 0;
    for (const end of batch.ends) {
      if (!continued) {
        const bucket = bucketOf(documentHash(view, plan.key, start, end));
        current = bucket < plan.test ? "test" : bucket < plan.validation ? "validation" : "train";
      }
      parts.add(current, end);
      continued = false;
      start = end;
    }
    return parts.batches();
  };
}

function blockPartitioner(texts: readonly (TextBlocks | null)[]): Partitioner {
  let text = -1;
  let walk = new BlockWalk(null);
  return function* partition(batch) {
    let continued = batch.continued;
    let left = batch.ends.length;
    for (const piece of documentsOf(batch)) {
      left -= 1;
      if (!continued) walk = new BlockWalk(texts[++text] ?? null);
      yield* walk.push(piece, left > 0 || !batch.open);
      continued = false;
    }
  };
}

/** Walks through one text piece by piece and cuts it where the next block is of another split. */
class BlockWalk {
  readonly #units: TextUnits | null;
  #split: Split;
  #continued = false;

  constructor(private readonly blocks: TextBlocks | null) {
    this.#units = blocks && new TextUnits(blocks.separator);
    this.#split = this.#splitAt(0);
  }

  push(piece: Buffer, last: boolean): SplitBatch[] {
    const batches: SplitBatch[] = [];
    let start = 0;
    const emit = (end: number, open: boolean) => {
      const bytes = piece.subarray(start, end);
      batches.push({ split: this.#split, bytes, ends: Uint32Array.of(bytes.length), continued: this.#continued, open });
      this.#continued = open;
      start = end;
    };
    const units = this.#units;
    units?.scan(piece, (end) => {
      const next = this.#splitAt(units.count);
      if (next === this.#split) return;
      emit(end, false);
      this.#split = next;
    });
    emit(piece.length, !last);
    return batches;
  }

  #splitAt(unit: number): Split {
    if (this.blocks === null) return "train";
    const { units, count, test, validation } = this.blocks;
    // What follows the last unit's end is blank and stays with it.
    const block = Math.floor((Math.min(unit, units - 1) * count) / units);
    return test.has(block) ? "test" : validation.has(block) ? "validation" : "train";
  }
}

/** Sorts the documents of one batch by split, copying neighbours of one split together. */
class Parts {
  readonly #parts: Record<Split, Part> = { train: new Part(), validation: new Part(), test: new Part() };
  #first: Split | null = null;
  #last: Split = "train";
  #runStart = 0;
  #end = 0;

  constructor(private readonly batch: DocumentBatch) {}

  /** The next document of the batch, which ends at `end`, is one of `split`. */
  add(split: Split, end: number): void {
    this.#first ??= split;
    if (split !== this.#last) this.#copyRun();
    this.#parts[split].addEnd(end - this.#end);
    this.#last = split;
    this.#end = end;
  }

  *batches(): Generator<SplitBatch, void, undefined> {
    this.#copyRun();
    const { continued, open } = this.batch;
    for (const split of SPLITS) {
      const { bytes, ends } = this.#parts[split];
      if (ends.length === 0) continue;
      yield {
        split,
        bytes: bytes.subarray(0, ends.at(-1)),
        ends: Uint32Array.from(ends),
        continued: continued && this.#first === split,
        open: open && this.#last === split,
      };
    }
  }

  #copyRun(): void {
    const run = this.batch.bytes.subarray(this.#runStart, this.#end);
    this.#parts[this.#last].copy(run, this.batch.bytes.length);
    this.#runStart = this.#end;
  }
}

class Part {
  bytes: Uint8Array = new Uint8Array(0);
  readonly ends: number[] = [];
  #copied = 0;

  addEnd(length: number): void {
    this.ends.push((this.ends.at(-1) ?? 0) + length);
  }

  copy(run: Uint8Array, capacity: number): void {
    if (this.#copied === 0) this.bytes = new Uint8Array(capacity);
    this.bytes.set(run, this.#copied);
    this.#copied += run.length;
  }
}
