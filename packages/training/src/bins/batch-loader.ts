import { keep, scope } from "@trainer/torch";
import { z } from "zod";
import { at } from "@trainer/disk";
import { CorpusError } from "../corpus/corpus-error.js";
import { batchOf, mapped, release, type AnswerPlace, type Batch, type BatchOptions, type Row } from "./batch.js";
import { Chunks, type ChunkOptions } from "./chunks.js";
import { MixedOrder, SourcePlace, WholeOrder, type ChunkOrder, type Drawn } from "./chunk-order.js";
import { WHOLE, type SourceWeight } from "./mixture.js";
import type { TokenBin } from "./token-bin.js";

/** Position of a loader: `position` batches of `epoch` were handed out. JSON, for checkpoints. */
export const LoaderState = z.strictObject({
  seed: z.int(),
  epoch: z.int().min(0),
  position: z.int().min(0),
  chunks: z.int().min(1),
  /** The place in each text where several are mixed. */
  sources: z.array(SourcePlace).readonly().optional(),
});
export type LoaderState = z.infer<typeof LoaderState>;

export interface LoaderOptions extends ChunkOptions, BatchOptions {
  readonly batchSize: number;
  /** A new order every epoch; otherwise the order of the text, as for evaluation. */
  readonly shuffle: boolean;
  readonly seed: number;
  /** What a reference model makes of each sequence of a bin of pairs, in its order, where batches are to tell it. */
  readonly reference?: Float32Array | null;
}

/** One of the texts that batches are made of. */
export interface LoadedText {
  readonly bin: TokenBin;
  /** Its share among several. */
  readonly weight: SourceWeight;
  /** Mean length of the documents in each chunk of its stream, by which its first epoch is ordered; null: at random. */
  readonly lengths: Float64Array | null;
  /** Places of what a teacher makes of its sequences, by their numbers in the stream, where that is kept. */
  readonly answers?: ((place: number) => AnswerPlace) | undefined;
}

interface Place {
  readonly epoch: number;
  readonly position: number;
  readonly sources: readonly SourcePlace[];
}

/** A batch that was made ahead, where it begins and ends, and how far the run was to be at it. */
interface Ahead {
  readonly batch: Batch;
  readonly until: Place;
  readonly progress: number;
}

/**
 * Batches from memory-mapped token bins, in chunks of `seqLen`. An epoch has every chunk once, its last batch maybe fewer
 * rows than others. Of weighted texts it has as many chunks as they have together, drawn by their weights: one text may
 * come more than once in it, and another not whole.
 */
export class BatchLoader implements Disposable {
  readonly chunks: number;
  readonly stepsPerEpoch: number;
  readonly #texts: readonly Chunks[];
  readonly #answers: readonly LoadedText["answers"][];
  readonly #order: ChunkOrder;
  #seed: number;
  /** Up to where batches were made, and up to where they were handed out. */
  #made: Place;
  #taken: Place;
  #progress = 0;
  readonly #prefetched: Ahead[] = [];

  /**
   * @param text one, or several that are mixed
   * @throws CorpusError INVALID_INPUT
   */
  constructor(
    text: TokenBin | readonly LoadedText[],
    private readonly options: LoaderOptions,
  ) {
    const { batchSize, shuffle, seed, seqLen } = options;
    const texts: readonly LoadedText[] = "path" in text ? [{ bin: text, weight: WHOLE, lengths: null }] : text;
    this.#texts = texts.map(({ bin }) => new Chunks(bin, options));
    this.#answers = texts.map(({ answers }) => answers);
    const drawn = this.#texts.map((chunks, i) => {
      const { lengths } = at(texts, i);
      return {
        count: options.pairs === true ? chunks.count / 2 : chunks.count,
        valid: (c: number) => chunks.valid(c),
        byLength: lengths && byLength(chunks, lengths),
      };
    });
    const weights = texts.map(({ weight }) => weight);
    this.#order = drawn.length === 1 ? new WholeOrder(at(drawn, 0), shuffle) : new MixedOrder(drawn, weights, seqLen);
    this.chunks = drawn.reduce((sum, { count }) => sum + count, 0);
    this.stepsPerEpoch = Math.ceil(this.chunks / batchSize);
    this.#seed = seed;
    this.#made = this.#taken = { epoch: 0, position: 0, sources: this.#order.start };
  }

  /** How far the run is at the next batches, from 0 to 1: weights that change on the way go by it. */
  set progress(progress: number) {
    this.#progress = progress;
    if (!this.#order.changes || this.#prefetched.every((ahead) => ahead.progress === progress)) return;
    this.#drop(); // the end of the run is another by now
    this.#made = this.#taken;
  }

  /** The epoch of the last batch handed out, from 0. */
  get epoch(): number {
    return this.#taken.epoch;
  }

  /** The next batch, for ever: after an epoch's last comes the next one's first. */
  next(): Batch {
    const ready = this.#prefetched.shift();
    const batch = ready === undefined ? this.#make() : mapped(ready.batch, (t) => t.detach()); // the caller's scope owns it
    if (ready !== undefined) release(ready.batch);
    this.#taken = ready?.until ?? this.#made;
    return batch;
  }

  /** Makes the next `count` batches now, so that they are on their way to the device while it computes. */
  prefetch(count: number): void {
    while (this.#prefetched.length < count) {
      const batch = scope(() => mapped(this.#make(), keep));
      this.#prefetched.push({ batch, until: this.#made, progress: this.#progress });
    }
  }

  /** State after the batches that were handed out. */
  state(): LoaderState {
    const { epoch, position, sources } = this.#taken;
    return { seed: this.#seed, epoch, position, chunks: this.chunks, ...(sources.length > 0 && { sources }) };
  }

  /** Goes on where the loader that gave `state` was, batch for batch. */
  load(state: LoaderState): void {
    const { epoch, position, sources = [] } = state;
    const { start } = this.#order;
    const isSame = start.length === sources.length && start.every(({ chunks }, i) => chunks === sources[i]?.chunks);
    if (state.chunks !== this.chunks || position > this.stepsPerEpoch || !isSame) {
      const here = `${this.chunks} chunks of ${this.options.seqLen} in ${this.stepsPerEpoch} batches`;
      throw new CorpusError(
        "INVALID_INPUT",
        `the state of another loader (batch ${position} of ${state.chunks} chunks; here are ${here}): ` +
          "resume with the same text, tokenizer, split, sequence length and batch size",
      );
    }
    this.#seed = state.seed;
    this.#drop();
    this.#made = this.#taken = { epoch, position, sources };
  }

  [Symbol.dispose](): void {
    this.#drop();
    for (const text of this.#texts) text[Symbol.dispose]();
  }

  #drop(): void {
    for (const { batch } of this.#prefetched.splice(0)) release(batch);
  }

  #make(): Batch {
    const isOver = this.#made.position === this.stepsPerEpoch;
    const { epoch, position, sources } = isOver
      ? { ...this.#made, epoch: this.#made.epoch + 1, position: 0 }
      : this.#made;
    const { batchSize } = this.options;
    const before = position * batchSize;
    const rows = Math.min(batchSize, this.chunks - before);
    const next = this.#order.draw(rows, { epoch, before, sources }, this.#seed, this.#progress);
    this.#made = { epoch, position: position + 1, sources: next.sources };
    if (this.options.pairs === true) return this.#pairs(next.drawn.map(({ chunk }) => chunk));
    return batchOf(() => next.drawn.map((drawn) => this.#row(drawn)), this.options);
  }

  #row({ source, chunk }: Drawn): Row {
    const text = at(this.#texts, source);
    return { ...text.row(chunk), answer: this.#answers[source]?.(text.placeOf(chunk)) };
  }

  /** Pairs, which no run mixes, by their numbers. */
  #pairs(pairs: readonly number[]): Batch {
    const { reference } = this.options;
    const chunks = [...pairs.map((pair) => 2 * pair), ...pairs.map((pair) => 2 * pair + 1)];
    const row = (chunk: number) => ({ ...at(this.#texts, 0).row(chunk), reference: reference?.[chunk] });
    return { ...batchOf(() => chunks.map(row), this.options), pairs: pairs.length };
  }
}

/** The chunks from those of short documents on. */
function byLength(chunks: Chunks, lengths: Float64Array): Uint32Array {
  const lengthOf = (i: number) => at(lengths, chunks.placeOf(i));
  return Uint32Array.from({ length: chunks.count }, (_, i) => i).sort((a, b) => lengthOf(a) - lengthOf(b) || a - b);
}
