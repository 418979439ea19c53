import type { DocumentBatch } from "../document-batch.js";
import { piecesOf } from "../document-batch.js";
import type { DocumentJudge, Verdict } from "./document-judge.js";

/** A limit of documents by how well a model foresees them; at least one of `most` and `best` is given. */
export interface PerplexityLimit {
  /** Perplexity of a document by its start; null: it is too short for one. */
  readonly of: (start: string) => Promise<number | null>;
  /** The highest of documents that stay. */
  readonly most: number | null;
  /** The part of the documents, 0..1, that stays: those with the lowest. */
  readonly best: number | null;
}

/** Bytes of a document that a model is given: more than most read at once. */
const START_BYTES = 1 << 14;

/** Perplexities of the documents of a corpus, by their numbers, and what stays of them. */
export class Perplexities {
  /** NaN of those that have none. */
  readonly #of: number[] = [];
  #most = Infinity;
  #rule = "";

  /** Computes those of documents that stay by all other limits: a share to keep is of these. */
  static async compute(
    documents: AsyncIterable<DocumentBatch>,
    judge: DocumentJudge,
    limit: PerplexityLimit,
  ): Promise<Perplexities> {
    const found = new Perplexities();
    let start: Buffer[] = [];
    let bytes = 0;
    for await (const batch of documents) {
      for (const piece of piecesOf(batch)) {
        judge.push(piece.bytes);
        if (bytes < START_BYTES) start.push(piece.bytes.subarray(0, START_BYTES - bytes));
        bytes += piece.bytes.length;
        if (!piece.ends) continue;
        const stays = judge.end().verdict === null;
        found.#of.push((stays ? await limit.of(Buffer.concat(start).toString()) : null) ?? Number.NaN);
        [start, bytes] = [[], 0];
      }
    }
    found.#limitTo(limit);
    return found;
  }

  /** True of a document that has none. */
  isUnknown(document: number): boolean {
    return Number.isNaN(this.#of[document]);
  }

  /** Verdict on a document; null: it stays, as one does that has no perplexity. */
  verdictOn(document: number): Verdict | null {
    const value = Number(this.#of[document]);
    return value > this.#most ? { rule: this.#rule, measure: "perplexity", value } : null;
  }

  #limitTo({ most, best }: PerplexityLimit): void {
    const known = Float64Array.from(this.#of.filter((value) => !Number.isNaN(value))).toSorted();
    const share = best === null ? Infinity : (known[Math.ceil(best * known.length) - 1] ?? Infinity);
    this.#most = Math.min(most ?? Infinity, share);
    this.#rule = `a perplexity over ${Number(this.#most.toPrecision(4))}`;
  }
}
