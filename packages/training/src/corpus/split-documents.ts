import { at } from "@trainer/disk";
import type { Corpus, ReadOptions } from "./corpus.js";
import { viewOf, type DocumentBatch } from "./document-batch.js";
import { splitOf, SPLITS, type Split } from "./held-out.js";
import { splitHash } from "./split-hash.js";
import { bucketOf } from "./split-histogram.js";
import { withoutCopies, type SplitPlan } from "./split-plan.js";
import type { TextBlocks } from "./text-blocks.js";
import { TextUnits } from "./text-units.js";
import { asBuffer } from "./utf8-repair.js";

/** A batch of documents of one split. Those of the others are between its pieces, so `open` is about its own split. */
export interface SplitBatch extends DocumentBatch {
  readonly split: Split;
}

/**
 * The documents of a corpus, split as planned, in their order within each split. Of a document that is cut, neighbouring
 * blocks of the same split make one document.
 */
export async function* splitDocuments(
  corpus: Corpus,
  plan: SplitPlan,
  read: ReadOptions = {},
): AsyncGenerator<SplitBatch, void, undefined> {
  const partition = partitioner(plan);
  for await (const batch of withoutCopies(corpus, plan.copies, read)) yield* partition(batch);
}

type Partitioner = (batch: DocumentBatch) => Iterable<SplitBatch>;

function partitioner(plan: SplitPlan): Partitioner {
  switch (plan.by) {
    case "nothing":
      return (batch) => [{ ...batch, split: "train" }];
    case "document":
      return documentPartitioner(plan);
    case "block":
      return blockPartitioner(plan);
  }
}

type Drawn = Pick<Extract<SplitPlan, { by: "document" }>, "key" | "sides" | "copies">;

function documentPartitioner({ key, sides, copies }: Drawn): Partitioner {
  let current: Split = "train";
  return (batch) => {
    const view = viewOf(batch.bytes);
    const parts = new Parts(batch);
    let continued = batch.continued;
    let start = 0;
    for (const end of batch.ends) {
      if (!continued) {
        const hash = splitHash(view, key, start, end);
        current = splitOf(sides[bucketOf(copies?.drawnBy.get(hash) ?? hash)]);
      }
      parts.add(current, end);
      continued = false;
      start = end;
    }
    return parts.batches();
  };
}

function blockPartitioner({ texts, cutAlike, ...drawn }: Extract<SplitPlan, { by: "block" }>): Partitioner {
  const whole = documentPartitioner(drawn);
  let document = -1;
  let last: BlockWalk | null = null;
  const alike = ({ bytes }: DocumentBatch, start: number, end: number) =>
    cutAlike?.get(splitHash(viewOf(bytes), drawn.key, start, end));
  const next = (batch: DocumentBatch, start: number, end: number) => {
    const blocks = texts.get((document += 1)) ?? alike(batch, start, end);
    return blocks === undefined ? null : new BlockWalk(blocks);
  };
  return function* partition(batch) {
    for (const { walk, ...part } of stretches(batch, last, next)) {
      last = walk;
      yield* walk === null ? whole(part) : walk.push(asBuffer(part.bytes), !part.open);
    }
  };
}

/**
 * A batch in its order as stretches of documents that stay whole, `walk` being null, and each by itself that is cut. `next`
 * gives the walk of each document that begins; `last` is that of the one that goes on from the batch before.
 */
function* stretches(
  batch: DocumentBatch,
  last: BlockWalk | null,
  next: (batch: DocumentBatch, start: number, end: number) => BlockWalk | null,
) {
  let from = 0;
  function* stretch(to: number, walk: BlockWalk | null) {
    if (from === to) return;
    const start = batch.ends[from - 1] ?? 0;
    const ends = batch.ends.subarray(from, to).map((end) => end - start);
    const bytes = batch.bytes.subarray(start, batch.ends[to - 1]);
    yield { walk, bytes, ends, continued: from === 0 && batch.continued, open: to === batch.ends.length && batch.open };
    from = to;
  }
  for (let i = 0; i < batch.ends.length; i += 1) {
    const walk = i === 0 && batch.continued ? last : next(batch, batch.ends[i - 1] ?? 0, at(batch.ends, i));
    if (walk === null) continue;
    yield* stretch(i, null);
    yield* stretch(i + 1, walk);
  }
  yield* stretch(batch.ends.length, null);
}

/** Walks through one text piece by piece and cuts it where the next block is of another split. */
class BlockWalk {
  readonly #units: TextUnits;
  #split: Split;
  #continued = false;

  constructor(private readonly blocks: TextBlocks) {
    this.#units = new TextUnits(blocks.limits);
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
    this.#units.scan(piece, (end) => {
      const next = this.#splitAt(this.#units.count);
      if (next === this.#split) return;
      emit(end, false);
      this.#split = next;
    });
    emit(piece.length, !last);
    return batches;
  }

  #splitAt(unit: number): Split {
    const { unitsPerRun, sides } = this.blocks;
    // What follows the last unit's end is blank and stays with it.
    return splitOf(sides[Math.min(Math.floor(unit / unitsPerRun), sides.length - 1)]);
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
