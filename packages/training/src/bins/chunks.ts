import { cat, fromFile, full, keep, scope, type Tensor } from "@trainer/torch";
import { at } from "@trainer/disk";
import { CorpusError } from "../corpus/corpus-error.js";
import type { Row } from "./batch.js";
import { HEADER_BYTES, idBytes } from "./bin-format.js";
import type { TokenBin } from "./token-bin.js";
import { TokenMask } from "./token-mask.js";
import { sequencesIn } from "./windows.js";

export interface ChunkOptions {
  readonly seqLen: number;
  /** Padding of the inputs past the end of the stream; those targets are -100 in any case. */
  readonly padId?: number | null;
}

/**
 * A memory-mapped token bin in chunks of `seqLen`; the target of a chunk's last input is the first id of the next chunk,
 * and the last chunk is padded. (A chunk that held nothing but the stream's last id would have no target at all: it is left
 * out.) Of a bin with a mask, chunks without a learnt target are left out.
 */
export class Chunks implements Disposable {
  readonly count: number;
  readonly #ids: Tensor; // (N)
  readonly #mask: TokenMask | null;
  /** The chunks that rows are made of, by their numbers in the stream; null: all of them. */
  readonly #learnt: readonly number[] | null;

  /** @throws CorpusError INVALID_INPUT */
  constructor(
    readonly bin: TokenBin,
    private readonly options: ChunkOptions,
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
    this.count = this.#learnt?.length ?? all;
    const header = HEADER_BYTES / idBytes(dtype);
    this.#ids = scope(() => keep(fromFile(path, { dtype, size: header + tokens }).narrow(0, header, tokens)));
  }

  /** Number in the stream of a chunk that rows are made of. */
  placeOf(i: number): number {
    return this.#learnt === null ? i : at(this.#learnt, i);
  }

  /** Targets of chunk i that are in the stream, learnt or not. */
  valid(i: number): number {
    return Math.min(this.options.seqLen, this.bin.tokens - 1 - this.placeOf(i) * this.options.seqLen);
  }

  /** The tensors are the caller's scope's. */
  row(i: number): Row {
    const start = this.placeOf(i) * this.options.seqLen;
    const length = this.options.seqLen + 1;
    return { ids: this.#padded(start, length), flags: this.#mask?.row(start, length) ?? null, valid: this.valid(i) };
  }

  #padded(start: number, length: number): Tensor {
    const have = Math.min(length, this.bin.tokens - start);
    const ids = this.#ids.narrow(0, start, have);
    if (have === length) return ids;
    return cat([ids, full([length - have], this.options.padId ?? 0, { dtype: this.bin.dtype })]);
  }

  [Symbol.dispose](): void {
    this.#ids.dispose();
    this.#mask?.[Symbol.dispose]();
  }
}
