import { at } from "@trainer/disk";
import { dedupChoices } from "@trainer/options";
import { z } from "zod";
import { emptyCorpus, type Corpus } from "./corpus.js";
import { CorpusError } from "./corpus-error.js";
import { findCopies, type Copies, type CopiesInAll } from "./dedup/find-copies.js";
import { withoutDocuments } from "./dedup/without-documents.js";
import { viewOf } from "./document-batch.js";
import { seedKey } from "./document-hash.js";
import { heldBytes, holdOut, SPLITS, type Fractions } from "./held-out.js";
import type { TextLosses } from "./left-out.js";
import { splitHash, type SplitKey } from "./split-hash.js";
import { SplitHistogram } from "./split-histogram.js";
import { SPLIT_VERSION, splitVersionOf } from "./split-version.js";
import { BlockMeasure, type TextBlocks } from "./text-blocks.js";
import { asBuffer } from "./utf8-repair.js";

const fraction = z.number().min(0).max(0.5);
export const SplitOptions = z
  .object({
    holdoutFraction: fraction,
    testSplitRatio: fraction,
    seed: z.number().int(),
    dedup: z.enum(dedupChoices).default("none"),
    splitVersion: z.number().int().default(SPLIT_VERSION),
  })
  .refine((o) => o.holdoutFraction + o.testSplitRatio < 1, { error: "nothing would be left to train on" });
/**
 * Parts of the bytes for validation and test, 0 to 0.5 each, 0 for none; the seed decides which documents those are,
 * `dedup` what is done with copies, and `splitVersion` by which rule.
 */
export type SplitOptions = z.input<typeof SplitOptions>;

/** Assignment of documents, or of blocks of their lines, to splits; of those that stay where copies are looked for. */
export type SplitPlan = Sides & { readonly copies?: Copies };

type Sides =
  | { readonly by: "nothing" }
  | {
      readonly by: "document";
      readonly key: SplitKey;
      /** The number of the split by bucket of a document's hash. */
      readonly sides: Uint8Array;
    }
  | {
      readonly by: "block";
      readonly key: SplitKey;
      readonly sides: Uint8Array;
      /** The documents that are cut, by their number in the corpus; the others are in one split each. */
      readonly texts: ReadonlyMap<number, TextBlocks>;
      /** Documents that are cut wherever they stand, by their hash: those that another text of a mix cuts. */
      readonly cutAlike?: ReadonlyMap<number, TextBlocks> | undefined;
    };

/**
 * Decides the split of a corpus in one pass over it, in memory that does not grow with it; with `hash` the pass hashes the
 * files as well.
 *
 * By document: in the order of a seeded hash of their content they are drawn for test, then for validation, until those
 * have their parts of all bytes; `holdOut` says which are passed over. Equal documents fall in the same split, and pairs of
 * answers with an equal prompt, so that no line of training is met again in a test. By block, where there are fewer than three different documents, or where a split
 * would have less than half or more than twice of what was asked for, and long documents are to blame: each of those is cut
 * into runs of whole lines (of words, if it has no lines), drawn in the same way, and the others are drawn by document. Conversations
 * are never cut. With `dedup` a pass before finds the copies: those that go are in no split, and near ones that stay are
 * drawn as one, and never cut.
 *
 * @throws CorpusError INVALID_INPUT if there is too little text for the splits asked for; CORPUS_EMPTY.
 */
export async function planSplit(corpus: Corpus, options: SplitOptions, read: Reading = {}): Promise<SplitPlan> {
  const rule = splitRule(options, corpus);
  const copies = (await copiesIn([corpus], options, read))?.whole;
  const sides: Sides =
    rule === null ? { by: "nothing" } : decideSplit(await measureForSplit(corpus, rule, read, copies), rule);
  return copies === undefined ? sides : { ...sides, copies };
}

/** The copies that a split heeds; null where it heeds none. */
export async function copiesIn(
  corpora: readonly Corpus[],
  options: SplitOptions,
  read: Reading,
): Promise<CopiesInAll | null> {
  const { dedup: treatment = "none" } = options;
  const first = at(corpora, 0);
  const isSplit = splitRule(options, first) !== null;
  if (treatment === "none" || (treatment === "together" && !isSplit)) return null;
  return await findCopies(corpora, { ...read, treatment, isSplit, key: splitKey(options, first) });
}

type Reading = NonNullable<Parameters<Corpus["documents"]>[0]>;

/** The losses of a reading of the documents that are split, with the copies. */
export const lossesOf = ({ copies }: SplitPlan, losses: TextLosses): TextLosses =>
  copies === undefined ? losses : { ...losses, copies: copies.losses };

/** The documents that are split: all, or those that are left of copies. */
export function withoutCopies(
  corpus: Corpus,
  copies: Copies | undefined,
  read: Reading,
): ReturnType<Corpus["documents"]> {
  const documents = corpus.documents(read);
  return copies === undefined ? documents : withoutDocuments(documents, copies.removed);
}

/** Options of a split that there is. */
export interface SplitRule {
  readonly fractions: Fractions;
  readonly seed: number;
  readonly key: SplitKey;
}

/** Null where nothing is held out. @throws CorpusError INVALID_INPUT */
export function splitRule(options: SplitOptions, corpus: Pick<Corpus, "conversations">): SplitRule | null {
  const checked = SplitOptions.safeParse(options);
  if (!checked.success) {
    throw new CorpusError("INVALID_INPUT", `a split that cannot be made: ${z.prettifyError(checked.error)}`);
  }
  const { holdoutFraction: validation, testSplitRatio: test, seed } = checked.data;
  if (validation === 0 && test === 0) return null;
  return { fractions: { validation, test }, seed, key: splitKey(options, corpus) };
}

const splitKey = (
  { seed, splitVersion }: SplitOptions,
  { conversations }: Pick<Corpus, "conversations">,
): SplitKey => ({
  key: seedKey("split", seed),
  byPrompt: splitVersionOf(conversations, splitVersion) === SPLIT_VERSION,
});

/** Everything about a corpus that decides its split. */
export interface SplitMeasure {
  readonly histogram: SplitHistogram;
  readonly candidates: Candidates;
  /** False of conversations. */
  readonly mayCut: boolean;
}

/** Reads a corpus once. @throws CorpusError CORPUS_EMPTY */
export async function measureForSplit(
  corpus: Corpus,
  { fractions, seed, key }: SplitRule,
  read: Reading,
  copies?: Copies,
): Promise<SplitMeasure> {
  const histogram = new SplitHistogram();
  const candidates = new Candidates({ ...fractions, seed });
  for await (const batch of withoutCopies(corpus, copies, read)) {
    const view = viewOf(batch.bytes);
    let continued = batch.continued;
    let start = 0;
    for (const end of batch.ends) {
      if (!continued) {
        const hash = splitHash(view, key, start, end);
        const group = copies?.drawnBy.get(hash);
        candidates.begin(hash, histogram.add(group ?? hash), end - start, group === undefined);
      }
      histogram.grow(end - start);
      candidates.current?.scan(asBuffer(batch.bytes.subarray(start, end)));
      continued = false;
      start = end;
    }
  }
  if (histogram.documents === 0) throw emptyCorpus(corpus.files);
  return { histogram, candidates, mayCut: corpus.conversations === null };
}

/** @param decided sides of buckets that other texts have decided, as `holdOut` takes them */
export function decideSplit(
  { histogram, candidates, mayCut }: SplitMeasure,
  { fractions, key }: SplitRule,
  decided?: Uint8Array,
): Extract<Sides, { readonly key: SplitKey }> {
  if (histogram.distinct < SPLITS.length) {
    const texts = histogram.documents > MEASURED || !mayCut ? null : candidates.cut(0, histogram.bytes);
    if (texts !== null && texts.size > 0)
      return { by: "block", key, sides: new Uint8Array(histogram.bytes.length), texts };
    const advice = "give more text, or set both fractions (holdout, test split) to 0";
    const how = mayCut ? ", of too few lines" : ", counting pairs of answers by their prompts";
    const what = `${histogram.documents} document(s), ${histogram.distinct} of them different${how}`;
    throw new CorpusError("INVALID_INPUT", `too little text to split: ${what}; ${advice}`);
  }
  const sizes = histogram.bytes;
  const copies = (bucket: number) => histogram.copies(bucket);
  const pieces = { sizes, order: (place: number) => place, copies, decided };
  const sides = holdOut(pieces, fractions, true);
  const bytes = heldBytes(sizes, sides);
  const total = bytes.train + bytes.validation + bytes.test;
  const requested = (["validation", "test"] as const).filter((split) => fractions[split] > 0);
  if (!mayCut || !requested.some((split) => isFar(bytes[split] / total, fractions[split])))
    return { by: "document", key, sides };
  const least = Math.min(...requested.map((split) => fractions[split]));
  const texts = candidates.cut(Math.max(LONG, SHORTEST / least, (total * least) / 4), sizes);
  return texts.size === 0
    ? { by: "document", key, sides }
    : { by: "block", key, sides: holdOut(pieces, fractions, false), texts };
}

/** True if a part differs from the requested one by more than a factor of two. */
export const isFar = (got: number, requested: number): boolean => got < requested / 2 || got > 2 * requested;

const LONG = 1 << 14; // bytes of a document that is worth cutting
const SHORTEST = 256; // bytes of it that a split should have
const MEASURED = 512; // documents that may be cut into blocks

interface Candidate {
  readonly hash: number;
  readonly bucket: number;
  readonly measure: BlockMeasure;
}

/** The first documents of a corpus, and the largest: those that may have to be cut. */
class Candidates {
  /** The measure of the document at hand, if it is one of them. */
  current: BlockMeasure | null = null;
  #measures = new Map<number, Candidate>();
  #documents = 0;
  /** Documents as large as this may not be here. */
  #dropped = 0;

  constructor(private readonly options: Fractions & { readonly seed: number }) {}

  /** A document begins, at least `bytes` long. */
  begin(hash: number, bucket: number, bytes: number, mayBeCut: boolean): void {
    if (this.#measures.size > 2 * MEASURED) this.#drop();
    const measure = mayBeCut && (this.#documents < MEASURED || bytes >= LONG) ? new BlockMeasure(this.options) : null;
    if (measure !== null) this.#measures.set(this.#documents, { hash, bucket, measure });
    this.current = measure;
    this.#documents += 1;
  }

  /** The blocks of those that are larger than `bytes` and can be cut; they are taken off the sizes of their buckets. */
  cut(bytes: number, sizes: Float64Array): Map<number, TextBlocks> {
    const texts = new Map<number, TextBlocks>();
    for (const [index, { bucket, measure }] of this.#measures) {
      const blocks = measure.bytes > Math.max(bytes, this.#dropped) ? measure.blocks() : null;
      if (blocks === null) continue;
      texts.set(index, blocks);
      sizes[bucket] = Number(sizes[bucket]) - measure.bytes;
    }
    return texts;
  }

  /** Blocks of some documents, by their hashes in place of their numbers. */
  byHash(texts: ReadonlyMap<number, TextBlocks>): [hash: number, blocks: TextBlocks][] {
    return [...this.#measures].flatMap(([index, { hash }]) => {
      const blocks = texts.get(index);
      return blocks === undefined ? [] : [[hash, blocks]];
    });
  }

  #drop(): void {
    const bySize = [...this.#measures].toSorted(([, a], [, b]) => b.measure.bytes - a.measure.bytes);
    this.#dropped = Math.max(this.#dropped, Number(bySize[MEASURED]?.[1].measure.bytes));
    this.#measures = new Map(bySize.slice(0, MEASURED));
  }
}
