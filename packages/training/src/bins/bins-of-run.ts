import type { Frame, Tokenizer } from "@trainer/tokenizers";
import { Disposables } from "../disposables.js";
import type { Split } from "../corpus/held-out.js";
import { binsFolder, type Home } from "../home/home.js";
import type { LeftOut } from "../home/text-losses.js";
import type { RunOptions } from "../options/options.js";
import { splitOptions } from "../options/split-options.js";
import { buildBins, type Bins, type BuildBinsOptions, type SplitCount } from "./build-bins.js";
import type { MaskFigures } from "./bins-manifest.js";
import { lossOfBoth } from "./lost-text.js";
import type { TokenBin } from "./token-bin.js";
import type { Measured } from "./measure-text.js";
import { leftOutOfBoth } from "../corpus/left-out.js";
import { conversationsOf } from "./encode-conversations.js";
import type { RunCorpus } from "./run-corpus.js";

/** Token bins of a run's texts. No cleanup removes them until they are disposed of. */
export interface RunBins extends Disposable {
  /** In the order of their weights; of a run that mixes none the only one. */
  readonly sources: readonly Bins[];
  /** Of all together. */
  readonly counts: Bins["counts"];
  readonly leftOut: LeftOut;
  readonly specialTokens: number;
  /** True if all came from the cache. */
  readonly cached: boolean;
}

type Reading = Pick<BuildBinsOptions, "threads" | "signal" | "onProgress"> & {
  readonly tokenizer: Tokenizer;
  /** Begin and end tokens of each document; the tokenizer's own by default. */
  readonly frame?: Frame | undefined;
};

/** The bins of a run with these options, by `buildBins`. */
export async function binsOfRun(
  corpus: RunCorpus,
  options: RunOptions,
  home: Home,
  reading: Reading,
): Promise<RunBins> {
  const { specialTokens, maxSeqLen, preference } = options;
  const split = splitOptions(options);
  using made = new Disposables();
  const sources: Bins[] = [];
  const { signal } = reading;
  for (const text of await corpus.sources({ signal })) {
    const conversations = await conversationsOf(text.corpus, reading.tokenizer, maxSeqLen, preference !== "none");
    const asked = { ...reading, ...text, split, specialTokens, conversations, cacheDir: binsFolder(home) };
    sources.push(made.use(await buildBins(asked)));
  }
  const owned = made.move();
  return {
    sources,
    counts: together(sources),
    leftOut: sources.map(({ leftOut }) => leftOut).reduce(leftOutOfBoth),
    specialTokens: sources.reduce((sum, bins) => sum + bins.specialTokens, 0),
    cached: sources.every(({ cached }) => cached),
    [Symbol.dispose]: () => owned[Symbol.dispose](),
  };
}

/** The bins of a split, one a text; null if there is none. */
export function textsOf({ sources }: RunBins, split: Split): TokenBin[] | null {
  const bins = sources.flatMap((text) => text[split] ?? []);
  return bins.length === 0 ? null : bins;
}

function together(sources: readonly Bins[]): Bins["counts"] {
  const of = (split: Split) => sources.map(({ counts }) => counts[split]).reduce(added);
  return { train: of("train"), validation: of("validation"), test: of("test") };
}

const added = (a: SplitCount, b: SplitCount): SplitCount => ({
  documents: a.documents + b.documents,
  tokens: a.tokens + b.tokens,
  bytes: a.bytes + b.bytes,
  measured: a.measured && b.measured && measuredOfBoth(a.measured, b.measured),
  ...(a.mask === undefined || b.mask === undefined ? {} : { mask: maskOfBoth(a.mask, b.mask) }),
});

const measuredOfBoth = (a: Measured, b: Measured): Measured => ({
  characters: a.characters + b.characters,
  loss: lossOfBoth(a.loss, b.loss),
});

const maskOfBoth = (a: MaskFigures, b: MaskFigures): MaskFigures => ({
  turns: a.turns + b.turns,
  tokens: a.tokens + b.tokens,
  learnt: a.learnt + b.learnt,
  cut: a.cut + b.cut,
  dropped: a.dropped + b.dropped,
});
