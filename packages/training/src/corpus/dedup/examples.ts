import { piecesOf, type DocumentBatch } from "../document-batch.js";

/** A removed document, and the kept one that it is a copy of, by their numbers in the corpus, from 0. */
export interface Copy {
  readonly kept: number;
  readonly removed: number;
  /** 1: equal to the last byte, or by all their words. */
  readonly similarity: number;
}

/** Copies of each kind that are shown. */
const SHOWN = 3;

/** Picks what is shown of many copies: the first that are equal, and the least alike of the rest, by which one judges. */
export class Examples {
  readonly exact: Copy[] = [];
  #near: Copy[] = [];

  get near(): readonly Copy[] {
    return this.#near;
  }

  addExact(copy: Copy): void {
    if (this.exact.length < SHOWN) this.exact.push(copy);
  }

  addNear(copy: Copy): void {
    this.#near = [...this.#near, copy].toSorted((a, b) => a.similarity - b.similarity).slice(0, SHOWN);
  }
}

const START_BYTES = 400;
const START_CHARACTERS = 80;

/** Starts of documents, read again: to hold those of all until it is known which are shown would take memory. */
export async function readStarts(
  documents: AsyncIterable<DocumentBatch>,
  numbers: readonly number[],
): Promise<ReadonlyMap<number, string>> {
  const wanted = new Set(numbers);
  const starts = new Map<number, string>();
  if (wanted.size === 0) return starts;
  let document = 0;
  for await (const batch of documents) {
    for (const { bytes, begins, ends } of piecesOf(batch)) {
      if (begins && wanted.has(document)) starts.set(document, startOf(bytes));
      if (ends) document += 1;
    }
    if (starts.size === wanted.size) break;
  }
  return starts;
}

/** In one line, for a document's first lines are shown in one. */
export function startOf(bytes: Buffer): string {
  const text = bytes.toString("utf8", 0, START_BYTES).replace(/\s+/g, " ").trim();
  return Array.from(text).slice(0, START_CHARACTERS).join("");
}
