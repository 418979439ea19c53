import { z } from "zod";
import { emptyCorpus, type Corpus, type ReadOptions } from "./corpus.js";
import { CorpusError } from "./corpus-error.js";
import { viewOf } from "./document-batch.js";
import { documentHash, seedKey } from "./document-hash.js";
import { permutation } from "./permutation.js";
import { SplitHistogram } from "./split-histogram.js";
import { LINE, TextUnits, WORD } from "./text-units.js";
import { asBuffer } from "./utf8-repair.js";

export const SPLITS = ["train", "validation", "test"] as const;
export type Split = (typeof SPLITS)[number];

const fraction = z.number().min(0).max(0.5);
export const SplitOptions = z
  .object({ holdoutFraction: fraction, testSplitRatio: fraction, seed: z.number().int() })
  .refine((o) => o.holdoutFraction + o.testSplitRatio < 1, { error: "nothing would be left to train on" });
/** Fractions of the documents for validation and test, 0 to 0.5 each, 0 for none; the seed decides which. */
export type SplitOptions = z.infer<typeof SplitOptions>;

/** How a text of `units` lines (or words, where it has no lines) is cut into `count` blocks, and which are held back. */
export interface TextBlocks {
  readonly separator: typeof LINE | typeof WORD;
  readonly units: number;
  readonly count: number;
  readonly test: ReadonlySet<number>;
  readonly validation: ReadonlySet<number>;
}

/** Which split a document, or a block of its lines, falls in. */
export type SplitPlan =
  | { readonly by: "nothing" }
  | { readonly by: "document"; readonly key: number; readonly test: number; readonly validation: number }
  | { readonly by: "block"; readonly texts: readonly (TextBlocks | null)[] };

/**
 * Decides the split of a corpus in one pass over it, in memory that does not grow with it.
 *
 * By document: in the order of a seeded hash of their content the first are test, the next validation, the rest training.
 * Equal documents fall in the same split, so no line of training is met again in a test; the fractions are met to one
 * document, or the number of its copies. By block, where there are fewer than three different documents or a few long files,
 * of which a single one would be more than twice the fraction asked for: each text is cut into about a hundred runs of whole
 * lines (of words, if it has no lines), and as many of them as the fractions say, seeded, are test and validation.
 *
 * @throws CorpusError INVALID_INPUT if there is too little text for the splits asked for; CORPUS_EMPTY.
 */
export async function planSplit(corpus: Corpus, options: SplitOptions, read: ReadOptions = {}): Promise<SplitPlan> {
  const checked = SplitOptions.safeParse(options);
  if (!checked.success) {
    throw new CorpusError("INVALID_INPUT", `a split that cannot be made: ${z.prettifyError(checked.error)}`);
  }
  const { holdoutFraction: validation, testSplitRatio: test, seed } = checked.data;
  if (validation === 0 && test === 0) return { by: "nothing" };
  const key = seedKey("split", seed);
  const histogram = new SplitHistogram();
  const measures: Measure[] = [];
  let bytes = 0;
  for await (const batch of corpus.documents(read)) {
    const view = viewOf(batch.bytes);
    let continued = batch.continued;
    let start = 0;
    bytes += batch.bytes.length;
    for (const end of batch.ends) {
      if (!continued) histogram.add(documentHash(view, key, start, end));
      if (histogram.documents <= MEASURED) {
        if (!continued) measures.push(new Measure());
        measures.at(-1)?.scan(asBuffer(batch.bytes.subarray(start, end)));
      }
      continued = false;
      start = end;
    }
  }
  if (histogram.documents === 0) throw emptyCorpus(corpus.files);
  const few = histogram.distinct < 3;
  const fewLong =
    corpus.document === "file" &&
    histogram.distinct * Math.min(test || 1, validation || 1) < 0.5 &&
    histogram.documents <= MEASURED &&
    bytes / histogram.documents >= LONG;
  const texts = few || fewLong ? measures.map((measure) => measure.blocks({ test, validation, seed })) : [];
  const cannotCut = histogram.documents > MEASURED || texts.every((text) => text === null);
  if (!few && cannotCut) return { by: "document", key, ...histogram.cut({ test, validation }) };
  if (cannotCut) {
    const advice = "give more text, or set both fractions (holdout, test split) to 0";
    const what = `${histogram.documents} document(s), ${Math.min(2, histogram.distinct)} of them different, of too few lines`;
    throw new CorpusError("INVALID_INPUT", `too little text to split: ${what}; ${advice}`);
  }
  return { by: "block", texts };
}

const MEASURED = 4096; // texts that may be cut into blocks
const LONG = 1 << 16; // bytes of a document of which blocks are still long enough to learn from and to test on
const BLOCKS = 100;
const MOST_BLOCKS = 10_000; // for fractions under a hundredth

/** Counts the lines of a text, and its words until it is clear that it has lines. */
class Measure {
  readonly #lines = new TextUnits(LINE);
  readonly #words = new TextUnits(WORD);

  scan(piece: Buffer): void {
    this.#lines.scan(piece);
    if (this.#lines.total < SPLITS.length) this.#words.scan(piece);
  }

  /** Equal texts get equal blocks: nothing but the text's size and the seed decides. */
  blocks(options: { test: number; validation: number; seed: number }): TextBlocks | null {
    const separator = this.#lines.total >= SPLITS.length ? LINE : WORD;
    const units = separator === LINE ? this.#lines.total : this.#words.total;
    if (units < SPLITS.length) return null;
    const { test, validation } = options;
    const finest = Math.ceil(1 / Math.min(test || 1, validation || 1));
    const count = Math.min(units, Math.max(BLOCKS, Math.min(finest, MOST_BLOCKS)));
    const share = (fraction: number, most: number) =>
      fraction === 0 ? 0 : Math.min(most, Math.max(1, Math.round(fraction * count)));
    const tests = share(test, count - (validation === 0 ? 1 : 2));
    const validations = share(validation, count - tests - 1);
    const place = permutation(count, `blocks:${options.seed}`);
    const draw = (from: number, n: number) => new Set(Array.from({ length: n }, (_, i) => place(from + i)));
    return { separator, units, count, test: draw(0, tests), validation: draw(tests, validations) };
  }
}
