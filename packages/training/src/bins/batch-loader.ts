import { cat, fromFile, full, keep, scope, sendTo, stack, type Device, type Tensor } from "@trainer/torch";
import { at } from "@trainer/disk";
import { z } from "zod";
import { CorpusError } from "../corpus/corpus-error.js";
import { permutation } from "../corpus/permutation.js";
import { HEADER_BYTES, idBytes } from "./bin-format.js";
import { MASK } from "./mask.js";
import type { TokenBin } from "./token-bin.js";
import { conversationNumbers, TokenMask } from "./token-mask.js";
import { sequencesIn } from "./windows.js";

/** Position of a loader: `position` batches of `epoch` were handed out. JSON, for checkpoints. */
export const LoaderState = z.strictObject({
  seed: z.int(),
  epoch: z.int().min(0),
  position: z.int().min(0),
  chunks: z.int().min(1),
});
export type LoaderState = z.infer<typeof LoaderState>;

export interface LoaderOptions {
  readonly seqLen: number;
  readonly batchSize: number;
  /** A new order every epoch; otherwise the order of the text, as for evaluation. */
  readonly shuffle: boolean;
  readonly seed: number;
  /** Padding of the inputs past the end of the stream; those targets are -100 in any case. */
  readonly padId?: number | null;
  /** The id that ends a document, where batches are to say which document each token is of. */
  readonly documentEnd?: number | null;
  /** Device of the batches, "cpu" by default. */
  readonly device?: Device;
}

export interface Batch {
  readonly inputs: Tensor; // (B, T) int64
  readonly targets: Tensor; // (B, T) int64: the id after each input, -100 where there is none
  /** (B, T) int64: the number of each token's document in its row, from 0; undefined unless requested. */
  readonly documents?: Tensor | undefined;
  /** Targets that count. */
  readonly tokens: number;
}

export const IGNORED = -100;

type Place = Pick<LoaderState, "epoch" | "position">;

/**
 * Batches from a memory-mapped token bin. The stream of ids is cut into chunks of `seqLen`; the target of a chunk's last
 * input is the first id of the next chunk. The last chunk is padded, and an epoch's last batch may have fewer rows. (A
 * chunk that held nothing but the stream's last id would have no target at all: it is left out.) Of a bin with a mask only
 * learnt tokens are targets, and chunks without any are left out, so that no batch is.
 */
export class BatchLoader implements Disposable {
  readonly chunks: number;
  readonly stepsPerEpoch: number;
  readonly #ids: Tensor; // (N)
  readonly #mask: TokenMask | null;
  /** The chunks that batches are made of, by their numbers in the stream; null: all of them. */
  readonly #learnt: readonly number[] | null;
  #seed: number;
  /** Up to where batches were made, and up to where they were handed out. */
  #made: Place = { epoch: 0, position: 0 };
  #taken = this.#made;
  #order: (place: number) => number;
  readonly #prefetched: { readonly batch: Batch; readonly at: Place }[] = [];

  constructor(
    private readonly bin: TokenBin,
    private readonly options: LoaderOptions,
  ) {
    const { path, tokens, dtype, mask } = bin;
    if (tokens < 2) {
      throw new CorpusError(
        "INVALID_INPUT",
        `${path} has ${tokens} token(s); at least two make a batch: give more text`,
      );
    }
    this.#mask = mask === undefined ? null : new TokenMask(mask, tokens);
    const all = sequencesIn(tokens, options.seqLen);
    this.#learnt = this.#mask?.learntChunks(all, options.seqLen) ?? null;
    this.chunks = this.#learnt?.length ?? all;
    this.stepsPerEpoch = Math.ceil(this.chunks / options.batchSize);
    this.#seed = options.seed;
    this.#order = this.#newOrder();
    const header = HEADER_BYTES / idBytes(dtype);
    this.#ids = scope(() => keep(fromFile(path, { dtype, size: header + tokens }).narrow(0, header, tokens)));
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
    this.#taken = ready?.at ?? this.#made;
    return batch;
  }

  /** Makes the next `count` batches now, so that they are on their way to the device while it computes. */
  prefetch(count: number): void {
    while (this.#prefetched.length < count) {
      const batch = scope(() => mapped(this.#make(), keep));
      this.#prefetched.push({ batch, at: this.#made });
    }
  }

  /** State after the batches that were handed out. */
  state(): LoaderState {
    return { seed: this.#seed, ...this.#taken, chunks: this.chunks };
  }

  /** Goes on where the loader that gave `state` was, batch for batch. */
  load(state: LoaderState): void {
    if (state.chunks !== this.chunks || state.position > this.stepsPerEpoch) {
      const here = `${this.chunks} chunks of ${this.options.seqLen} in ${this.stepsPerEpoch} batches`;
      throw new CorpusError(
        "INVALID_INPUT",
        `the state of another loader (batch ${state.position} of ${state.chunks} chunks; here are ${here}): ` +
          "resume with the same text, tokenizer, split, sequence length and batch size",
      );
    }
    this.#seed = state.seed;
    this.#drop();
    this.#made = this.#taken = { epoch: state.epoch, position: state.position };
    this.#order = this.#newOrder();
  }

  [Symbol.dispose](): void {
    this.#drop();
    this.#ids.dispose();
    this.#mask?.[Symbol.dispose]();
  }

  #drop(): void {
    for (const { batch } of this.#prefetched.splice(0)) release(batch);
  }

  #make(): Batch {
    if (this.#made.position === this.stepsPerEpoch) {
      this.#made = { epoch: this.#made.epoch + 1, position: 0 };
      this.#order = this.#newOrder();
    }
    const { epoch, position } = this.#made;
    const first = position * this.options.batchSize;
    const rows = Math.min(this.options.batchSize, this.chunks - first);
    this.#made = { epoch, position: position + 1 };
    return this.#batch(Array.from({ length: rows }, (_, row) => this.#chunk(this.#order(first + row))));
  }

  /** The number in the stream of a chunk that batches are made of. */
  #chunk(i: number): number {
    return this.#learnt === null ? i : at(this.#learnt, i);
  }

  #newOrder(): (place: number) => number {
    if (!this.options.shuffle) return (place) => place;
    return permutation(this.chunks, `batches:${this.#seed}:${this.#made.epoch}`);
  }

  #batch(chunks: readonly number[]): Batch {
    const { seqLen } = this.options;
    let tokens = 0;
    const tensors = scope((): Tensors => {
      const ids = stack(chunks.map((chunk) => this.#row(chunk * seqLen))).to("int64"); // (B, T + 1)
      const inputs = ids.narrow(1, 0, seqLen).contiguous();
      // A copy: of a single row the inputs are a view of the same memory, and targets are written to below.
      let targets = ids.narrow(1, 1, seqLen).clone();
      for (const [row, chunk] of chunks.entries()) {
        const valid = Math.min(seqLen, this.bin.tokens - 1 - chunk * seqLen);
        if (valid < seqLen)
          targets
            .select(0, row)
            .narrow(0, valid, seqLen - valid)
            .fill_(IGNORED);
        tokens += valid;
      }
      const { device = "cpu", documentEnd = null } = this.options;
      const flags =
        this.#mask?.rows(
          chunks.map((chunk) => chunk * seqLen),
          seqLen + 1,
        ) ?? null; // (B, T + 1)
      if (flags !== null) {
        const learnt = flags.narrow(1, 1, seqLen).eq(MASK.learnt);
        targets = targets.maskedFill(learnt.logicalNot(), IGNORED);
        tokens = learnt.sum().item();
      }
      if (documentEnd === null) return mapped({ inputs, targets }, (t) => sendTo(t, device));
      const documents =
        flags === null ? documentNumbers(inputs, documentEnd) : conversationNumbers(flags.narrow(1, 0, seqLen));
      return mapped({ inputs, targets, documents }, (t) => sendTo(t, device));
    });
    return { ...tensors, tokens };
  }

  /** The T + 1 ids from `start` on, padded past the stream's end. */
  #row(start: number): Tensor {
    const length = this.options.seqLen + 1;
    const have = Math.min(length, this.bin.tokens - start);
    const ids = this.#ids.narrow(0, start, have);
    if (have === length) return ids;
    return cat([ids, full([length - have], this.options.padId ?? 0, { dtype: this.bin.dtype })]);
  }
}

/** The same batch with each tensor `t` as `f(t)`. */
function mapped<B extends Tensors>(batch: B, f: (t: Tensor) => Tensor): B {
  const documents = batch.documents === undefined ? {} : { documents: f(batch.documents) };
  return { ...batch, inputs: f(batch.inputs), targets: f(batch.targets), ...documents };
}

type Tensors = Pick<Batch, "inputs" | "targets" | "documents">;

function release({ inputs, targets, documents }: Batch): void {
  for (const t of [inputs, targets, documents]) t?.dispose();
}

/**
 * Number of documents that have ended before each token: the token that ends one belongs to it. (B, T) int64 -> (B, T)
 * int64
 */
export function documentNumbers(ids: Tensor, end: number): Tensor {
  const ends = ids.eq(end).to("int64");
  return ends.cumsum(1).sub(ends);
}
