import { at } from "@trainer/disk";
import type { Corpus } from "./corpus.js";
import { CorpusError } from "./corpus-error.js";
import { inTurn } from "./join-corpora.js";
import type { Copies, CopiesInAll } from "./dedup/find-copies.js";
import {
  copiesIn,
  decideSplit,
  measureForSplit,
  splitRule,
  type SplitMeasure,
  type SplitOptions,
  type SplitPlan,
  type SplitRule,
} from "./split-plan.js";
import { BUCKETS } from "./split-histogram.js";
import type { TextBlocks } from "./text-blocks.js";

/** Plans of texts that are mixed. */
export interface SourcePlans {
  /** Of each by itself, in their order. */
  readonly sources: readonly SplitPlan[];
  /** Of all of them, as they are read one after another. */
  readonly whole: SplitPlan;
}

interface Source {
  readonly name: string;
  readonly corpus: Corpus;
}

/**
 * Decides the splits of several texts, in one pass over each, so that a document that stands in more than one of them is
 * in the same split everywhere: `order`, asked for once they have been read, says whose draw comes first, and those after it keep what it decided. A document
 * that one of them cuts into blocks is cut alike in the others. With `dedup` a pass before finds the copies in all of them:
 * the first stays, in the order of the texts.
 *
 * @throws CorpusError as `planSplit`, with the text that is too small
 */
export async function planSources(
  corpora: readonly Source[],
  order: () => Promise<readonly number[]>,
  options: SplitOptions,
  read: Parameters<Corpus["documents"]>[0] = {},
): Promise<SourcePlans> {
  const copies = await copiesIn(
    corpora.map(({ corpus }) => corpus),
    options,
    read,
  );
  for (const [i, found] of (copies?.sources ?? []).entries())
    if (found.kept === 0) throw onlyCopies(at(corpora, i).name);
  const rule = splitRule(options, at(corpora, 0).corpus);
  const { sources, whole } = rule === null ? unsplit(corpora) : await sidesOf(corpora, order, rule, read, copies);
  if (copies === null) return { sources, whole };
  return {
    sources: sources.map((sides, i) => heeding(sides, at(copies.sources, i))),
    whole: heeding(whole, copies.whole),
  };
}

const heeding = (sides: SplitPlan, copies: Copies): SplitPlan => ({ ...sides, copies });

const unsplit = (corpora: readonly Source[]): SourcePlans => ({
  sources: corpora.map(() => ({ by: "nothing" })),
  whole: { by: "nothing" },
});

const onlyCopies = (name: string): CorpusError =>
  new CorpusError(
    "INVALID_INPUT",
    `${name}: each of its documents is a copy of one in a text before it: take it out of the mix, or name it first`,
  );

async function sidesOf(
  corpora: readonly Source[],
  order: () => Promise<readonly number[]>,
  rule: SplitRule,
  read: NonNullable<Parameters<Corpus["documents"]>[0]>,
  copies: CopiesInAll | null,
): Promise<SourcePlans> {
  const measures: SplitMeasure[] = [];
  const turn = inTurn(read);
  for (const [i, { name, corpus }] of corpora.entries()) {
    const reading = { ...turn(corpus), hash: read.hash ?? false };
    measures.push(await ofSource(name, () => measureForSplit(corpus, rule, reading, copies?.sources[i])));
  }
  const plans = new Map<number, ReturnType<typeof decideSplit>>();
  const decided = new Uint8Array(BUCKETS);
  for (const i of await order()) {
    const measure = at(measures, i);
    const plan = await ofSource(at(corpora, i).name, () => decideSplit(measure, rule, decided));
    plans.set(i, plan);
    addSides(decided, measure.histogram.bytes, plan.sides);
  }
  const { key } = rule;
  const sides = decided.map((side) => Math.max(0, side - 1));
  const cuts = measures.map((_, i) => cutBy(plans.get(i)));
  const cutAlike = new Map(measures.flatMap(({ candidates }, i) => candidates.byHash(at(cuts, i))));
  if (cutAlike.size === 0) {
    const plan = { by: "document", key, sides } as const;
    return { sources: corpora.map(() => plan), whole: plan };
  }
  let documents = 0;
  const texts = new Map<number, TextBlocks>();
  for (const [i, { histogram }] of measures.entries()) {
    for (const [document, blocks] of at(cuts, i)) texts.set(documents + document, blocks);
    documents += histogram.documents;
  }
  return {
    sources: cuts.map((cut) => ({ by: "block", key, sides, texts: cut, cutAlike })),
    whole: { by: "block", key, sides, texts, cutAlike },
  };
}

const cutBy = (plan: SplitPlan | undefined): ReadonlyMap<number, TextBlocks> =>
  plan?.by === "block" ? plan.texts : new Map<number, TextBlocks>();

/** Notes the sides of the buckets of one more text that none has decided before. */
function addSides(decided: Uint8Array, sizes: Float64Array, sides: Uint8Array): void {
  for (let bucket = 0; bucket < decided.length; bucket += 1)
    if (Number(sizes[bucket]) > 0 && decided[bucket] === 0) decided[bucket] = Number(sides[bucket]) + 1;
}

/** The failure of one of several texts names it. */
async function ofSource<T>(name: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof CorpusError)) throw error;
    throw new CorpusError(error.code, `${name}: ${error.message}`, { cause: error });
  }
}
