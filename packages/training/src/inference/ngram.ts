import { at } from "@trainer/disk";
import { CountTable } from "./count-table.js";

const ORDER = 5;
/** Stands before the first token of a text. */
const BEGIN = -1;

/** Counts of one order: of n-grams, and of their contexts, how often and before how many different tokens they stand. */
interface Level {
  readonly grams: CountTable;
  readonly contexts: CountTable;
  readonly followers: CountTable;
}

/**
 * A model of token n-grams with interpolated Kneser-Ney smoothing (Kneser & Ney 1995; Chen & Goodman 1999): below the
 * highest order a token counts for the different tokens that it follows. One discount an order, from the n-grams that
 * occur once and twice.
 */
export class NgramModel {
  readonly #levels: readonly Level[];
  readonly #discounts: readonly number[];

  /**
   * @param texts ids of each training text
   * @param vocabSize number of different ids there may be
   */
  constructor(
    texts: Iterable<ArrayLike<number>>,
    private readonly vocabSize: number,
  ) {
    this.#levels = Array.from({ length: ORDER }, () => ({
      grams: new CountTable(),
      contexts: new CountTable(),
      followers: new CountTable(),
    }));
    for (const text of texts) for (let i = 0; i < text.length; i += 1) this.#count(text, i);
    this.#discounts = this.#levels.map(({ grams }) => {
      const once = grams.having(1);
      return once === 0 ? 0.5 : once / (once + 2 * grams.having(2));
    });
  }

  /** Surprise at a text, in bits. */
  bits(text: ArrayLike<number>): number {
    let bits = 0;
    for (let i = 0; i < text.length; i += 1) bits -= Math.log2(this.#probability(text, i));
    return bits;
  }

  /** Counts a token after those before it, in the lower orders for each new n-gram of the next higher one. */
  #count(text: ArrayLike<number>, i: number): void {
    const keys = keysAt(text, i);
    for (const [order, { grams, contexts, followers }] of [...this.#levels.entries()].toReversed()) {
      const { gram, context } = at(keys, order);
      contexts.add(context.low, context.high);
      if (grams.add(gram.low, gram.high) > 1) return;
      followers.add(context.low, context.high);
    }
  }

  #probability(text: ArrayLike<number>, i: number): number {
    let probability = 1 / this.vocabSize;
    for (const [order, { gram, context }] of keysAt(text, i).entries()) {
      const { grams, contexts, followers } = at(this.#levels, order);
      const total = contexts.get(context.low, context.high);
      if (total === 0) break; // a context that never occurred, nor does any longer one
      const discount = at(this.#discounts, order);
      const left = (discount * followers.get(context.low, context.high)) / total;
      probability = Math.max(0, grams.get(gram.low, gram.high) - discount) / total + left * probability;
    }
    return probability;
  }
}

interface Key {
  readonly low: number;
  readonly high: number;
}

/** Keys of the n-grams that end with a token, and of their contexts, from the shortest. */
function keysAt(text: ArrayLike<number>, i: number): { gram: Key; context: Key }[] {
  let context: Key = { low: 1, high: 1 };
  let gram = mix(context, at(text, i));
  const keys = [{ gram, context }];
  for (let back = 1; back < ORDER; back += 1) {
    const before = text[i - back] ?? BEGIN;
    context = mix(context, before);
    gram = mix(gram, before);
    keys.push({ gram, context });
  }
  return keys;
}

const mix = ({ low, high }: Key, id: number): Key => ({
  low: scramble(Math.imul(low, 0x01000193) ^ (id + 0x9e3779b9)),
  high: scramble(Math.imul(high, 0x5bd1e995) ^ Math.imul(id + 1, 0x27d4eb2f)),
});

/** Finalizer of MurmurHash3: each bit depends on all. */
function scramble(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
