import { cat, fromFile, keep, scope, stack, zeros, type Tensor } from "@trainer/torch";
import { MASK } from "./mask.js";

const BLOCK = 1 << 20; // tokens that are looked at in one go

/** A memory-mapped mask of a token bin. */
export class TokenMask implements Disposable {
  readonly #flags: Tensor; // (N) uint8

  constructor(
    path: string,
    private readonly tokens: number,
  ) {
    this.#flags = scope(() => keep(fromFile(path, { dtype: "uint8", size: tokens })));
  }

  /** The same from each of `starts` on. (B, length) uint8 */
  rows(starts: readonly number[], length: number): Tensor {
    return stack(starts.map((start) => this.row(start, length)));
  }

  /** The numbers of the chunks of `seqLen` targets with a learnt one; null: all of the stream's `count` have one. */
  learntChunks(count: number, seqLen: number): readonly number[] | null {
    const step = Math.max(1, Math.floor(BLOCK / seqLen));
    const learnt: number[] = [];
    for (let first = 0; first < count; first += step) {
      const rows = Math.min(step, count - first);
      const found = scope(() => {
        const targets = this.row(first * seqLen + 1, rows * seqLen).reshape([rows, seqLen]);
        return Array.from(targets.eq(MASK.learnt).sum(1).data(), Number);
      });
      for (const [row, targets] of found.entries()) if (targets > 0) learnt.push(first + row);
    }
    return learnt.length === count ? null : learnt;
  }

  /** The flags from one token up to before another. */
  flags(from: number, to: number): readonly number[] {
    return scope(() => Array.from(this.#flags.narrow(0, from, to - from).data(), Number));
  }

  /** The flags from `start` on, those past the end as of tokens that are read. (length) uint8 */
  row(start: number, length: number): Tensor {
    const have = Math.min(length, this.tokens - start);
    const flags = this.#flags.narrow(0, start, have);
    return have === length ? flags : cat([flags, zeros([length - have], { dtype: "uint8" })]);
  }

  [Symbol.dispose](): void {
    this.#flags.dispose();
  }
}

/** Number of each token's conversation in its row, from 0, by their flags: (B, T) uint8 -> (B, T) int64 */
export function conversationNumbers(flags: Tensor): Tensor {
  const begun = flags.eq(MASK.begins).to("int64").cumsum(1);
  return begun.sub(begun.narrow(1, 0, 1));
}
