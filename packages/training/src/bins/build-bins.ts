import { createHash } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { folderBeside, placeFolder } from "@trainer/disk";
import type { Frame } from "@trainer/tokenizers";
import { emptyCorpus, leftOutOf, type Corpus, type ReadOptions } from "../corpus/corpus.js";
import { CorpusError } from "../corpus/corpus-error.js";
import { SPLITS, type Split } from "../corpus/held-out.js";
import { noLosses } from "../corpus/left-out.js";
import type { LeftOut } from "../home/text-losses.js";
import { COPIES_VERSION } from "../corpus/dedup/find-copies.js";
import { lossesOf, planSplit, type SplitOptions, type SplitPlan } from "../corpus/split-plan.js";
import { splitVersionOf } from "../corpus/split-version.js";
import { binDType, FORMAT_VERSION } from "./bin-format.js";
import { encodingSha256, type BinTokenizer } from "./bin-tokenizer.js";
import { markBinsInUse } from "./bins-use.js";
import { binPath, maskPath, openBins, writeManifest, type BinsManifest, type MaskFigures } from "./bins-manifest.js";
import type { Conversations } from "./encode-conversations.js";
import { encodeSplits, type Encoded } from "./encode-splits.js";
import type { Measured } from "./measure-text.js";
import type { SplitWith } from "./run-corpus.js";
import type { TokenBin } from "./token-bin.js";

/** Progress of making bins: `bytes` of `totalBytes` read in this phase, on disk. */
export interface BinsProgress {
  readonly phase: "hash" | "split" | "encode";
  readonly bytes: number;
  readonly totalBytes: number;
  /** Encoded so far, in all splits. */
  readonly tokens: number;
  /** Tokens a second since the encoding began. */
  readonly tokensPerSec: number;
}

export interface BuildBinsOptions {
  readonly corpus: Corpus;
  readonly tokenizer: BinTokenizer;
  readonly split: SplitOptions;
  /** True if the training text is measured like the held-out text: for a text that is evaluated as a whole. */
  readonly measureTraining?: boolean | undefined;
  /** Gives the plan by the same corpus and `split` where somebody else has a use for it; asked only where bins are made. */
  readonly plan?: ((read: ReadOptions) => Promise<SplitPlan>) | undefined;
  /** Texts that decide the splits together; null or left out: this one does alone. */
  readonly splitWith?: SplitWith | null | undefined;
  /** Do special tokens that the text spells become their ids? Default: no, they are text. */
  readonly specialTokens?: boolean | undefined;
  /** How the corpus' conversations are encoded; of a corpus without any null or left out. */
  readonly conversations?: Conversations | null | undefined;
  /** Begin and end tokens of each document; the tokenizer's own by default. */
  readonly frame?: Frame | undefined;
  /** Folder of all bins, `<home>/cache/bins`. */
  readonly cacheDir: string;
  /** Threads to encode with; one per core if not given. */
  readonly threads?: number | undefined;
  readonly onProgress?: ((progress: BinsProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface SplitCount {
  readonly documents: number;
  readonly tokens: number;
  readonly bytes: number;
  readonly measured: Measured | null;
  /** Turns, tokens and the learnt ones of conversations; other texts have none. */
  readonly mask?: MaskFigures | undefined;
}

/** No cleanup removes them until they are disposed of. */
export interface Bins extends Disposable {
  readonly train: TokenBin;
  readonly validation: TokenBin | null;
  readonly test: TokenBin | null;
  readonly counts: Readonly<Record<Split, SplitCount>>;
  /** The unit of splitting: documents, blocks of lines, or nothing. */
  readonly splitBy: SplitPlan["by"];
  /** The parts of the given text that are in none of them. */
  readonly leftOut: LeftOut;
  /** Special tokens that the text spelled, where these were let through. */
  readonly specialTokens: number;
  readonly dir: string;
  readonly key: string;
  /** True if they came from the cache. */
  readonly cached: boolean;
}

/**
 * Encodes a corpus into one token bin a split, in one streaming pass after the split is planned; or takes the bins made
 * before from the same text, tokenizer, split, kind of document and special tokens, after checking them to the last id. What an
 * interrupted or damaged making left is made again. Processes making the same bins at once do not disturb each other.
 *
 * @throws CorpusError as openCorpus and planSplit, and INVALID_INPUT if a split has fewer than 2 tokens.
 */
export async function buildBins(options: BuildBinsOptions): Promise<Bins> {
  const { corpus, tokenizer, split, specialTokens = false, measureTraining = false, cacheDir, signal } = options;
  const frame = options.frame ?? tokenizer.frame;
  const corpusSha256 = await corpus.sha256({ signal, onRead: reporter(options)("hash") });
  const { document, separator } = corpus;
  const tokenizerHash = await encodingSha256(tokenizer);
  const cut = { document, separator, specialTokens, frame };
  const { conversations = null } = options;
  const masked = conversations === null ? [] : [maskedBy(corpus, conversations)];
  const { dedup = "none", splitVersion, ...sides } = split;
  const rule = splitVersionOf(corpus.conversations, splitVersion);
  const drawn = dedup === "none" ? sides : { ...sides, dedup, copies: COPIES_VERSION };
  const { splitWith = null } = options;
  const mixed = splitWith === null ? [] : [mixedBy(splitWith)];
  const key = keyOf([corpusSha256, tokenizerHash, cut, drawn, rule, measureTraining, ...masked, ...mixed]);
  const use = await markBinsInUse(cacheDir, key);
  try {
    const bins = await openOrMake({ ...options, frame, measureTraining }, key);
    return { ...bins, [Symbol.dispose]: () => use[Symbol.dispose]() };
  } catch (error) {
    use[Symbol.dispose]();
    throw error;
  }
}

async function openOrMake(
  options: BuildBinsOptions & { readonly frame: Frame; readonly measureTraining: boolean },
  key: string,
): Promise<Omit<Bins, typeof Symbol.dispose>> {
  const { corpus, tokenizer, split, cacheDir, signal } = options;
  const dir = join(cacheDir, key);
  const before = await openBins(dir, key);
  if (before !== null) return toBins(options, dir, before, true);

  const report = reporter(options);
  const { plan: planned = (read: ReadOptions) => planSplit(corpus, split, read) } = options;
  const plan = await planned({ signal, onRead: report("split") });
  const temporary = await folderBeside(cacheDir);
  try {
    const encoded = await encodeSplits({
      ...options,
      plan,
      folder: temporary,
      onEncoded: report("encode"),
    });
    await corpus.assertUnchanged();
    refuseTooShort(encoded.counts, corpus);
    const losses = lossesOf(plan, encoded.losses);
    const manifest: BinsManifest = {
      version: FORMAT_VERSION,
      key,
      dtype: binDType(tokenizer.vocabSize),
      split_by: plan.by,
      replaced_characters: leftOutOf(corpus, losses, options.splitWith?.files).characters.count,
      losses,
      special_tokens: encoded.specialTokens,
      splits: encoded.counts,
    };
    await writeManifest(temporary, manifest);
    await placeFolder(temporary, dir, async () => (await openBins(dir, key)) !== null);
    return toBins(options, dir, manifest, false);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw error;
  }
}

/** Version of the rule by which conversations share sequences. */
const PACKING_VERSION = 1;

const keyOf = (parts: unknown) =>
  createHash("sha256")
    .update(JSON.stringify([FORMAT_VERSION, parts]))
    .digest("hex")
    .slice(0, 32);

/** Facts that decide the ids and masks of conversations beside those of any text. */
const maskedBy = ({ conversations }: Corpus, { context, template, pairs = false }: Conversations) => ({
  conversations,
  context,
  template: createHash("sha256").update(template).digest("hex"),
  packing: PACKING_VERSION,
  ...(pairs ? { pairs } : {}),
});

/** Facts about the other texts of a mix that decide the splits. */
const mixedBy = ({ texts: splitWith, place }: SplitWith) =>
  place === undefined ? { splitWith } : { splitWith, place };

/** A function for each phase that tells the caller how far it is. */
function reporter({ corpus, onProgress }: BuildBinsOptions) {
  return (phase: BinsProgress["phase"]) => {
    const began = performance.now();
    return ({ bytes }: { bytes: number }, tokens = 0) => {
      const tokensPerSec = tokens / Math.max(1e-3, (performance.now() - began) / 1e3);
      onProgress?.({ phase, bytes, totalBytes: corpus.totalBytes, tokens, tokensPerSec });
    };
  };
}

/** @throws CorpusError CORPUS_EMPTY, INVALID_INPUT for a split of fewer than 2 tokens */
export function refuseTooShort(counts: Encoded["counts"], corpus: Pick<Corpus, "files">): void {
  if (counts.train.documents === 0) throw emptyCorpus(corpus.files);
  for (const split of SPLITS) {
    const tokens = counts[split]?.tokens ?? 2;
    if (tokens >= 2) continue;
    const advice = "there must be at least two, one to predict the other from: give more text";
    throw new CorpusError("INVALID_INPUT", `the ${split} split has ${tokens} token(s); ${advice}`);
  }
}

function toBins({ corpus, splitWith }: BuildBinsOptions, dir: string, manifest: BinsManifest, cached: boolean) {
  const { key, dtype, splits, split_by: splitBy, special_tokens: specialTokens, losses = noLosses } = manifest;
  const bin = (split: Split, counts: BinsManifest["splits"]["train"]): TokenBin => ({
    ...count(counts),
    path: binPath(dir, split),
    dtype,
    mask: counts.mask && maskPath(dir, split),
  });
  return {
    train: bin("train", splits.train),
    validation: splits.validation && bin("validation", splits.validation),
    test: splits.test && bin("test", splits.test),
    counts: { train: count(splits.train), validation: count(splits.validation), test: count(splits.test) },
    splitBy,
    leftOut: leftOutOf(corpus, losses, splitWith?.files),
    specialTokens,
    dir,
    key,
    cached,
  };
}

const count = (counts: BinsManifest["splits"]["validation"]): SplitCount => {
  const { documents, tokens, bytes, measured, mask } = counts ?? NOTHING;
  return { documents, tokens, bytes, measured, ...(mask === undefined ? {} : { mask }) };
};

const NOTHING = { documents: 0, tokens: 0, bytes: 0, measured: null, mask: undefined };
